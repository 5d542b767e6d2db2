"""Make the README's pictures from a running `tidings up`.

    python tests/e2e/screenshots.py --url http://127.0.0.1:8600

Signs in as a passenger of its own, follows the New York airports and some routes, waits until enough has come, and
writes `live-light.png`, `live-dark.png`, `phone.png` and the animated `live.gif` into `docs/images`.
"""

import argparse
import base64
import io
import itertools
import time
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FOLLOWED = ["airport:JFK", "airport:EWR", "airport:LGA", "route:EWR-ORD", "route:JFK-LAX", "route:LGA-ATL"]
WIDE: ViewportSize = {"width": 1360, "height": 900}
FILM: ViewportSize = {"width": 1200, "height": 760}
ZONE = "America/New_York"
PHONE: ViewportSize = {"width": 390, "height": 844}
#: The film is shown at this width: small enough for a README.
FILM_WIDTH = 900
COLOURS = 256


def signed_in(
    browser: Browser, url: str, user: str, scheme: Literal["light", "dark"], size: ViewportSize, scale: float = 1
) -> Page:
    """The page of `user`, who follows `FOLLOWED`, with at least one notification in it."""
    context = browser.new_context(
        viewport=size, color_scheme=scheme, device_scale_factor=scale, locale="en-US", timezone_id=ZONE
    )
    context.request.post(f"{url}/v1/session", data={"user": user}).body()
    for topic in FOLLOWED:
        answer = context.request.put(f"{url}/v1/follows/{topic}", headers={"Origin": url})
        if not answer.ok:
            raise SystemExit(f"error: cannot follow {topic}: {answer.text()}")
    page = context.new_page()
    page.goto(url)
    expect(page.get_by_role("button", name="Stream: Live")).to_be_visible(timeout=20_000)
    return page


def wait_for_items(page: Page, count: int, seconds: float) -> None:
    """Until `count` notifications are there."""
    print(f"waiting for {count} notifications, at most {seconds:.0f} s")
    expect(page.get_by_role("article").nth(count - 1)).to_be_attached(timeout=seconds * 1000)


def wait_until_busy(page: Page, seconds: float) -> None:
    """Until three come within six seconds: the flights' nights are quiet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        before = held(page)
        page.wait_for_timeout(6000)
        if held(page) >= before + 3:
            return
    raise SystemExit("error: too little happens; is the source playing?")


def held(page: Page) -> int:
    """How many notifications the inbox holds, shown or not."""
    return int(page.get_by_role("article").first.get_attribute("aria-setsize") or 0)


def picture(page: Page, path: Path) -> None:
    """A screenshot at a moment when something arrives."""
    callout = page.locator("tidings-map .callout")
    callout.wait_for(state="detached", timeout=120_000)
    callout.wait_for(timeout=120_000)
    page.wait_for_timeout(900)
    page.screenshot(path=path)


def film(page: Page, seconds: float, a_second: float) -> list[tuple[Image.Image, int]]:
    """What the page looks like for a while: frames, and how many milliseconds each was seen.

    The browser sends a frame when something has changed, which costs far less than a screenshot at a time.
    """
    shots: list[tuple[float, bytes]] = []
    devtools = page.context.new_cdp_session(page)

    def keep(frame: dict[str, Any]) -> None:
        at = float(frame["metadata"]["timestamp"])
        if not shots or at - shots[-1][0] >= 1 / a_second:
            shots.append((at, base64.b64decode(frame["data"])))
        devtools.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    devtools.on("Page.screencastFrame", keep)
    devtools.send("Page.startScreencast", {"format": "png"})
    page.wait_for_timeout(seconds * 1000)
    devtools.send("Page.stopScreencast")
    times = [at for at, _ in shots]
    seen = [round((then - at) * 1000) for at, then in itertools.pairwise([*times, times[-1] + 1])]
    images = [Image.open(io.BytesIO(shot)).convert("RGB") for _, shot in shots]
    return list(zip(images, seen, strict=True))


def montage(images: list[Image.Image]) -> Image.Image:
    """The images one below the other, so that one palette can be made for all."""
    width, height = images[0].size
    sheet = Image.new("RGB", (width, height * len(images)))
    for number, image in enumerate(images):
        sheet.paste(image, (0, number * height))
    return sheet


def palette_of(image: Image.Image) -> Image.Image:
    """A palette: half by frequency, for the many pale tones; half by coverage, for the few pixels that are red."""
    palette = Image.new("P", (1, 1))
    colours: list[int] = []
    for method in (Image.Quantize.MEDIANCUT, Image.Quantize.MAXCOVERAGE):
        colours += (image.quantize(COLOURS // 2, method=method).getpalette() or [])[: COLOURS // 2 * 3]
    palette.putpalette(colours)
    return palette


def write_gif(frames: list[tuple[Image.Image, int]], path: Path) -> None:
    """Writes them with one palette for all, so that what stays the same takes no room."""
    height = round(FILM_WIDTH * frames[0][0].height / frames[0][0].width)
    small = [image.resize((FILM_WIDTH, height), Image.Resampling.LANCZOS) for image, _ in frames]
    palette = palette_of(montage(small[:: max(1, len(small) // 6)]))
    flat = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in small]
    durations = [duration for _, duration in frames]
    flat[0].save(path, save_all=True, append_images=flat[1:], duration=durations, loop=0, optimize=True, disposal=1)


def take(browser: Browser, url: str, folder: Path, count: int, seconds: float) -> None:
    """All pictures."""
    user = f"passenger-{int(time.time()) % 10_000}"
    light = signed_in(browser, url, user, "light", WIDE, 1.5)
    wait_for_items(light, count, seconds)
    dark = signed_in(browser, url, user, "dark", WIDE, 1.5)
    phone = signed_in(browser, url, user, "dark", PHONE, 2)
    light.get_by_role("button", name="Mark all as read").click()
    moving = signed_in(browser, url, user, "light", FILM)
    wait_for_items(moving, count, seconds)
    wait_until_busy(moving, seconds)
    write_gif(film(moving, 14, 6), folder / "live.gif")
    for page, name in ((light, "live-light.png"), (dark, "live-dark.png"), (phone, "phone.png")):
        picture(page, folder / name)
    for path in sorted(folder.iterdir()):
        print(f"{path}: {path.stat().st_size / 1024:.0f} KB")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8600", help="where the page is (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder (default: %(default)s)")
    parser.add_argument("--items", type=int, default=12, help="notifications to wait for (default: %(default)s)")
    parser.add_argument("--patience", type=float, default=300, help="seconds to wait for them (default: %(default)s)")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        take(browser, given.url.rstrip("/"), given.out, given.items, given.patience)
        browser.close()


if __name__ == "__main__":
    main()
