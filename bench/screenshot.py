"""`make screenshot`: the README's picture, taken of the real app reading the demo document in the demo voice."""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

from vnclone.serve import serve
from vnclone.settings import Settings
from vnclone.wire import Services

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "screenshot.png"
PORT = 7869


def fill(services: Services, folder: Path) -> tuple[str, str]:
    """An account with the demo voice and the demo document: its id and token."""
    user, token = services.accounts.register("demo@example.com", secrets.token_hex(8), "Nguyễn Thị Hằng")
    clip = Path(shutil.copy(ROOT / "assets" / "demo_voice.wav", folder / "voice.wav"))
    services.voices.wait(user.id, services.voices.create(user.id, clip, "Đoan", True).id)
    text = Path(shutil.copy(ROOT / "assets" / "demo_document.docx", folder / "text.docx"))
    services.library.wait(user.id, services.library.add(user.id, text, "Giọng của ngoại.docx").id)
    return user.id, token


def take(url: str, token: str) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or sys.exit("needs Chromium: apt-get install chromium")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        context = browser.new_context(locale="vi-VN", viewport={"width": 1280, "height": 860}, device_scale_factor=1.5)
        context.add_cookies([{"name": "sid", "value": token, "url": url}])
        page = context.new_page()
        page.goto(url)
        page.get_by_role("tab", name="Tạo audio").click()
        page.locator("#generate-estimate .v-estimate").wait_for()
        page.locator("#generate-submit").click()
        page.wait_for_selector("#generate-controls .v-listen")
        page.wait_for_timeout(5000)  # some sentences that can be heard, and the fonts
        page.screenshot(path=OUT)
        browser.close()


def main() -> None:
    OUT.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        services = serve(Settings(data=Path(name) / "data", port=PORT), prevent_thread_lock=True)
        user_id, token = fill(services, Path(name))
        take(f"http://127.0.0.1:{PORT}", token)
        for generation in services.generations.history(user_id):
            services.generations.cancel(user_id, generation.id)
        services.close()
        time.sleep(2)  # what the workers hold
    print(OUT.relative_to(ROOT))


if __name__ == "__main__":
    main()
