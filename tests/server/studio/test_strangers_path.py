"""A stranger's path from data to proof: train from the page, watch, explore, take a hundred samples, verify one."""

import zipfile

from click.testing import CliRunner

from ganworks.cli import ganworks


def test_a_stranger_trains_explores_takes_a_hundred_home_and_proves_one(visit, place, tmp_path) -> None:
    page = visit("#/train")
    page.get_by_role("button", name="digits", exact=True).click()
    page.get_by_label("Recipe").select_option("lean-28")
    page.get_by_label("Unit of the length").select_option("samples")
    page.get_by_role("textbox", name="Length").fill("2000")
    page.get_by_label("Name").fill("a stranger's")
    page.get_by_label("End with a short evaluation").uncheck()
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("name must be").first.wait_for()  # an apostrophe is no plain name, and nothing is lost
    page.get_by_label("Name").fill("strangers")
    page.get_by_role("button", name="Start training").click()
    page.get_by_role("heading", level=1, name="strangers").wait_for()
    page.get_by_text("Finished", exact=True).wait_for()
    page.get_by_role("link", name="Explore", exact=True).last.click()
    page.get_by_role("heading", level=1, name="Explore").wait_for()
    assert page.get_by_role("combobox", name="Model").input_value() == "strangers"
    assert page.get_by_role("spinbutton", name="Samples").input_value() == "100"
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    download.value.save_as(tmp_path / "hundred.zip")
    with zipfile.ZipFile(tmp_path / "hundred.zip") as archive:
        pictures = sorted(name for name in archive.namelist() if name.endswith(".png"))
        assert len(pictures) == 100
        archive.extract(pictures[42], tmp_path)
    told = CliRunner().invoke(ganworks, ["verify", str(tmp_path / pictures[42]), "--runs", str(place.runs)])
    assert told.exit_code == 0 and "proved" in told.output and "strangers" in told.output, told.output
