"""The room Train, as a person uses it: train, watch, stop, go on; and by the keyboard alone."""

import shutil

from tests.server.studio.conftest import too_wide, unnamed


def test_a_person_trains_on_digits_watches_stops_and_goes_on(visit, place) -> None:
    page = visit("#/train")
    page.get_by_label("Recipe").select_option("lean-28")
    page.get_by_label("Unit of the length").select_option("samples")
    page.get_by_role("textbox", name="Length").fill("3000000")
    page.get_by_label("Name").fill("from the page")
    page.get_by_label("End with a short evaluation").uncheck()
    page.get_by_role("button", name="Start training").click()
    page.get_by_role("heading", level=1, name="from the page").wait_for()
    page.get_by_text("Training", exact=True).wait_for()
    page.get_by_role("img", name="A grid of generated samples").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped", exact=True).wait_for()
    seen = page.locator("#far").inner_text()
    assert (place.runs / "from the page" / "checkpoints").exists()
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("Training", exact=True).wait_for()
    page.wait_for_function("before => document.getElementById('far').textContent !== before", arg=seen)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped", exact=True).wait_for()
    shutil.rmtree(place.runs / "from the page")


def test_a_wrong_number_is_told_at_its_field(visit, place) -> None:
    page = visit("#/train")
    page.get_by_role("textbox", name="Length").fill("soon")
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("minutes must be a number, got 'soon'").wait_for()
    assert page.get_by_role("textbox", name="Length").get_attribute("aria-invalid") == "true"
    page.get_by_role("textbox", name="Length").fill("1")
    page.get_by_label("Name").fill("first")
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("a run 'first' is there already").wait_for()
    assert page.get_by_label("Name").get_attribute("aria-invalid") == "true"


def test_every_setting_has_a_field_and_what_is_wrong_stands_at_it(visit) -> None:
    page = visit("#/train")
    page.get_by_label("Recipe").select_option("lean-28")
    page.get_by_text("All settings").click()
    page.get_by_label("Batch", exact=True).wait_for()
    page.get_by_text("Generator: lean").click()
    width = page.locator("details").filter(has_text="Generator: lean").get_by_label("Width").first
    width.fill("many")
    width.press("Tab")
    page.get_by_text("generator.width must be a whole number, got 'many'").first.wait_for()
    assert width.get_attribute("aria-invalid") == "true"
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("a setting below cannot be used").wait_for()
    width.fill("8")
    width.press("Tab")
    page.get_by_text("1 changed").wait_for()
    assert not unnamed(page) and too_wide(page) <= 0


def test_the_keyboard_alone_is_enough(visit) -> None:
    page = visit("#/runs")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "room"
    page.get_by_role("link", name="Train", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Train").wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "ring":
            break
    page.keyboard.press("Space")
    page.get_by_text("ring: points").wait_for()
    assert page.get_by_role("button", name="ring", exact=True).get_attribute("aria-pressed") == "true"
    assert page.get_by_label("Name").input_value() == "ring"


def test_a_folder_without_pictures_gets_the_doctors_line(visit) -> None:
    page = visit("#/train")
    page.get_by_text("Your own, from the folder").click()
    page.get_by_role("button", name="Open the folder pets").click()
    page.get_by_role("button", name="Use this folder").click()
    advice = page.get_by_label("The doctor's advice")
    advice.get_by_role("alert").wait_for()
    assert "pets" in advice.get_by_role("alert").inner_text()
