"""The room Runs, as a person uses it."""

from tests.server.studio.conftest import too_wide, unnamed


def test_a_glance_tells_how_every_run_fares(visit) -> None:
    page = visit("#/runs")
    card = page.get_by_role("article").filter(has=page.get_by_role("link", name="first"))
    card.get_by_text("Finished").wait_for()
    assert card.get_by_role("img", name="Samples of first after 640").count() == 1
    assert card.get_by_role("progressbar", name="Progress of first").get_attribute("value") == "1"
    assert not unnamed(page) and too_wide(page) <= 0
    page.get_by_role("link", name="first").click()
    page.get_by_role("heading", level=1, name="first").wait_for()
    assert page.title().startswith("first")


def test_a_run_shows_its_growth_its_curves_and_its_evidence(visit) -> None:
    page = visit("#/runs/first")
    page.get_by_role("row").filter(has_text="FD(").wait_for()
    page.get_by_role("img", name="Losses").wait_for()
    assert page.locator(".uplot canvas").count() == 4
    slider = page.get_by_label("Through time")
    slider.focus()
    page.keyboard.press("Home")
    page.get_by_text("this one is after 16 samples").wait_for()
    page.get_by_role("img", name="A grid of generated samples of first, after 16 samples").wait_for()
    page.keyboard.press("End")
    page.get_by_text("after 640 samples, the newest").wait_for()
    page.get_by_text("Real records beside generated ones").click()
    page.get_by_role("img", name="Records of the data and samples of first").wait_for()
    assert not unnamed(page)


def test_the_report_opens_and_may_do_nothing(visit) -> None:
    page = visit("#/runs/first")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Report").click()
    report = opened.value
    report.get_by_role("heading").first.wait_for()
    assert report.evaluate("window.origin") == "null"  # sandboxed: no cookies, no calls


def test_a_phone_in_the_dark_needs_no_sideways_scrolling(visit) -> None:
    for room in ("#/runs", "#/runs/first", "#/train", "#/compare/first/second"):
        page = visit(room, width=390, scheme="dark")
        page.wait_for_load_state("networkidle")
        assert too_wide(page) <= 0, room
        red, green, blue = page.evaluate("getComputedStyle(document.body).color.match(/\\d+/g).slice(0, 3).map(Number)")
        assert min(red, green, blue) > 200, "light text on a dark ground"


def test_names_are_text_and_never_markup(visit, place) -> None:
    name = "<img src=x onerror=alert(1)>"
    made = place.runs / name
    made.mkdir()
    try:
        (made / "run.toml").write_text('recipe = "<b>bold</b>"\ndata = "<script>alert(2)</script>"\n')
        (made / "journal.jsonl").write_text(
            '{"kind": "judged", "samples": 1, "verdict": "<i>", "reason": "</p><script>"}\n'
        )
        page = visit("#/runs")
        page.get_by_role("link", name=name).click()
        page.get_by_role("heading", level=1, name=name).wait_for()
        page.get_by_text("</p><script>").first.wait_for()
        assert page.locator("main b, main i:not(.key i), main script").count() == 0
    finally:
        for each in made.iterdir():
            each.unlink()
        made.rmdir()


def test_a_run_whose_evidence_is_bad_is_not_called_well(visit) -> None:
    page = visit("#/runs/first")  # it ended as planned, after 640 samples that no generator learns from
    page.get_by_role("heading", name="This run is in trouble").wait_for()
    page.get_by_label("How the run fares").get_by_text("what real against real has").wait_for()


def test_a_run_that_is_not_there_is_one_line(visit) -> None:
    page = visit("#/runs/none")
    page.get_by_text("no run 'none'").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("no run 'none'").wait_for()
