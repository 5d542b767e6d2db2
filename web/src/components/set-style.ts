import { noChange } from "lit";
import { Directive, directive, type ElementPart, type PartInfo, PartType } from "lit/directive.js";

/** Lit's `styleMap` writes a `style` attribute first, which a strict content security policy blocks; this never does. */
class SetStyle extends Directive {
  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT)
      throw new Error("setStyle belongs on an element, not in an attribute");
  }

  override update(part: ElementPart, [properties]: [Readonly<Record<string, string>>]): unknown {
    const { style } = part.element as HTMLElement | SVGElement;
    for (const [name, value] of Object.entries(properties)) style.setProperty(name, value);
    return noChange;
  }

  override render(_properties: Readonly<Record<string, string>>): unknown {
    return noChange;
  }
}

/** Sets CSS properties of the element it stands on: `` svg`<g ${setStyle({ transform })}>` ``. */
export const setStyle = directive(SetStyle);
