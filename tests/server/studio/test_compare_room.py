"""The room Compare, as a person uses it."""

from tests.server.studio.conftest import too_wide, unnamed


def test_two_runs_stand_side_by_side_and_are_judged(visit) -> None:
    page = visit("#/compare/first/second")
    page.get_by_role("row").filter(has_text="seed").get_by_role("cell").first.wait_for()
    cells = (
        page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="seed", exact=True)).get_by_role("cell")
    )
    assert cells.all_inner_texts() == ["0", "1"]
    assert page.get_by_role("img", name="A grid of generated samples").count() == 2
    page.get_by_role("row").filter(has_text="FD(").first.wait_for()
    assert not unnamed(page) and too_wide(page) <= 0
    page.get_by_role("button", name="Judge them").click()
    page.get_by_text("Nothing is shown: first and second differ by less than chance allows").wait_for()


def test_the_other_way_round_is_one_press_away(visit) -> None:
    page = visit("#/compare/first/second")
    page.get_by_role("button", name="Swap").click()
    page.wait_for_url("**#/compare/second/first")
    page.get_by_role("heading", level=2, name="first").wait_for()
    assert page.get_by_label("First run").input_value() == "second"
