"""The page in a real browser, by keyboard alone."""

import shutil
import threading
import time

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("selenium")
import uvicorn
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from communique.inference.web.application import create_application
from communique.models.taxonomy import commitment_schema
from communique.training.corpus import load_documents

from .conftest import TEXT

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs chromium and chromedriver")

TOKEN = "sixteen-characters"
SECONDS = 60
"""For a loaded machine; on an idle one each step takes less than one."""


@pytest.fixture
def address(stand_in, store):
    application = create_application(stand_in, store, token=TOKEN)
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + SECONDS
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,900"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(tmp_path / "downloads")})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def test_paste_analyse_correct_reload_export(browser, address, store, tmp_path):
    def wait(condition):
        return WebDriverWait(browser, SECONDS, poll_frequency=0.05).until(lambda _: condition())

    def press(keys, *, control=False):
        actions = webdriver.ActionChains(browser, duration=0)
        if control:
            actions.key_down(Keys.CONTROL).send_keys(keys).key_up(Keys.CONTROL)
        else:
            actions.send_keys(keys)
        actions.perform()

    def tab_to(selector):
        for _ in range(40):
            if browser.execute_script("return document.activeElement.matches(arguments[0])", selector):
                return
            press(Keys.TAB)
        pytest.fail(f"the Tab key does not reach {selector}")

    def texts(selector):
        script = "return Array.from(document.querySelectorAll(arguments[0]), (found) => found.innerText)"
        return browser.execute_script(script, selector)

    def types():
        return texts("#d1-s3 .type")

    browser.get(address)
    wait(lambda: browser.execute_script("return document.activeElement.id === 'token'"))
    press(TOKEN + Keys.ENTER)
    wait(lambda: not browser.execute_script("return document.getElementById('ask-token').open"))
    tab_to("#text")
    press(TEXT)
    press(Keys.ENTER, control=True)
    wait(lambda: len(texts(".sentence")) == 3)
    assert texts(".sentence .text") == TEXT.replace(". He", ".\nHe").split("\n")

    tab_to(".sentence")
    press(Keys.ARROW_DOWN)
    press(Keys.ARROW_DOWN)
    press(Keys.ENTER)
    press("6")
    press("5")
    press(Keys.ENTER)
    wait(lambda: types() == ["pledge"])
    assert "model: call" in texts("#d1-s3 .corrected-note")[0]
    press("z", control=True)
    wait(lambda: types() == ["call"])

    # Another tab corrects the same sentence while this one's editor is open.
    press(Keys.ENTER)
    press("5")
    (document,) = (entry.id for entry in store.entries())
    store.correct_types(document, 2, ["position"], 2)
    press(Keys.ENTER)
    wait(lambda: "position" in "".join(texts(".editor .problem")))
    press(Keys.ENTER)
    wait(lambda: types() == ["pledge", "call"])

    tab_to("[data-action=abstract]")
    press(Keys.ENTER)
    press("a", control=True)
    press("The council approved 9 points.")
    press(Keys.ENTER, control=True)
    wait(lambda: texts(".abstract-sentence") == ["The council approved 9 points. [2]"])

    browser.refresh()
    wait(lambda: types() == ["pledge", "call"])
    tab_to("[data-action=export]")
    press(Keys.ENTER)
    path = tmp_path / "downloads" / "Talks-in-Riga.jsonl"
    wait(path.exists)
    (annotated,) = load_documents([path], commitment_schema())
    assert annotated.sentences[2].types == ("pledge", "call")
    assert annotated.abstract == "The council approved 9 points."

    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": True},
    )
    assert browser.execute_script("return document.documentElement.scrollWidth <= 360")
    # Nothing that the page's security policy or a missing file stopped.
    problems = [entry["message"] for entry in browser.get_log("browser") if " 401 " not in entry["message"]]
    assert [problem for problem in problems if " 409 " not in problem] == []
