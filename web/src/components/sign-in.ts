import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { emit } from "./events.ts";
import { icon } from "./icons.ts";
import { base, controls, panel } from "./styles.ts";

const PASSENGERS = ["passenger-1", "passenger-2", "passenger-3"];

/** Signs in as a demo passenger; for a gateway with a development issuer. */
@customElement("tidings-sign-in")
export class SignIn extends LitElement {
  static override styles = [
    base,
    controls,
    panel,
    css`
      form {
        display: grid;
        gap: 0.9rem;
        padding: 1.5rem;
      }
      .people {
        display: grid;
        gap: 0.5rem;
      }
      .people .button {
        justify-content: flex-start;
        min-height: 48px;
        gap: 0.75rem;
        padding: 0 0.75rem;
        border-radius: 12px;
      }
      .people span {
        flex: 1;
        text-align: left;
      }
      .face {
        display: grid;
        place-items: center;
        flex: none;
        width: 30px;
        height: 30px;
        border-radius: 50%;
        font-style: normal;
        font-size: 0.875rem;
        font-weight: 700;
        color: var(--accent);
        background: var(--accent-soft);
      }
      .arrow {
        color: var(--muted);
        transform: rotate(-90deg);
      }
      .own {
        display: flex;
        gap: 0.5rem;
      }
      .own .button {
        flex: none;
      }
      .note {
        font-size: 0.875rem;
      }
      .error {
        padding: 0.7rem 0.9rem;
        border-radius: 10px;
        font-size: 0.9063rem;
        color: var(--danger);
        background: var(--danger-soft);
      }
    `,
  ];

  /** Why it did not work, or why one was signed out. */
  @property() error = "";
  @property({ type: Boolean }) busy = false;
  @state() private name = "";

  override render(): TemplateResult {
    return html`<form class="panel" aria-labelledby="title" @submit=${this.#onSubmit}>
      <h2 id="title">Watch as a demo passenger</h2>
      <div class="people">
        ${PASSENGERS.map(
          (
            user,
          ) => html`<button class="button" type="button" ?disabled=${this.busy} @click=${() => this.#signIn(user)}>
            <i class="face" aria-hidden="true">${user.at(-1)}</i><span>${user}</span><i class="arrow">${icon("chevron", 18)}</i>
          </button>`,
        )}
      </div>
      <label class="sr-only" for="user">Another name</label>
      <div class="own">
        <input id="user" name="user" placeholder="Or another name" autocomplete="username" spellcheck="false" maxlength="128"
          .value=${this.name} @input=${this.#onInput} />
        <button class="button primary" ?disabled=${this.busy || this.name.trim() === ""}>Sign in</button>
      </div>
      ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : nothing}
      <p class="note muted">Names stand for people here, without a password: this gateway runs for development.</p>
    </form>`;
  }

  #onInput(event: Event): void {
    this.name = (event.target as HTMLInputElement).value;
  }

  #onSubmit(event: Event): void {
    event.preventDefault();
    if (this.name.trim()) this.#signIn(this.name.trim());
  }

  #signIn(user: string): void {
    emit(this, "tidings-sign-in", { user });
  }
}
