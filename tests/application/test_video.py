"""ganworks apply on videos: as many frames as there were, each at its time, and the sound as it was."""

import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from ganworks.application import apply
from ganworks.application.video.flow import Flicker, flows
from ganworks.cli import run
from ganworks.domains.clips import Cuts
from ganworks.domains.clips.film import Film
from ganworks.settings import ConfigError, DataError
from tests.application.filming import NTSC, film, look, moving


def apart(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    """Mean absolute difference in levels of 255."""
    return float(np.mean([np.abs(x.astype(float) - y).mean() for x, y in zip(a, b, strict=True)]))


def test_24_frames_go_in_and_24_come_out_at_their_times_with_the_sound_untouched(restorer, tmp_path) -> None:
    source = film(tmp_path / "clip.mp4", moving())
    lines: list[str] = []
    (out,) = apply(restorer(), source, tmp_path / "out.mp4", notify=lines.append)
    before, after = look(source), look(out)
    assert len(before.frames) == len(after.frames) == 24
    assert after.times == before.times and after.rate == before.rate == NTSC
    assert abs(after.duration - before.duration) <= 1 / NTSC
    assert before.sound and after.sound == before.sound
    assert apart(before.frames, after.frames) < 4
    assert [each.name for each in tmp_path.glob(".partial*")] == []
    (line,) = [each for each in lines if each.startswith("clip.mp4: ")]
    assert line.startswith("clip.mp4: 24 frames; flicker ") and line.endswith("23 pairs of frames)")


def test_lossless_video_is_bit_exact_with_pcm_sound(restorer, tmp_path) -> None:
    frames = moving(5)
    source = film(tmp_path / "clip.mkv", frames, "ffv1", "bgr0", "pcm_s16le")
    (out,) = apply(restorer(), source, tmp_path / "out.mkv", codec="ffv1")
    before, after = look(source), look(out)
    assert all(np.array_equal(a, b) for a, b in zip(frames, after.frames, strict=True))
    assert after.sound == before.sound and after.times == before.times


def test_a_varying_rate_is_kept_and_said(restorer, tmp_path) -> None:
    times = [0, 3, 4, 10, 11, 12, 20, 21]
    source = film(tmp_path / "vfr.mp4", moving(8), times=times, unit=Fraction(1, 50), rate=Fraction(25), sound=None)
    lines: list[str] = []
    (out,) = apply(restorer(), source, tmp_path / "out.mp4", notify=lines.append)
    assert look(out).times == look(source).times == [Fraction(each, 50) for each in times]
    assert "frames come at a varying rate, 20 to 160 ms apart: kept" in lines and "without sound" in lines


def test_times_that_a_kind_of_file_cannot_hold_are_rounded_and_said(restorer, tmp_path) -> None:
    source = film(tmp_path / "clip.mp4", moving(6), sound=None)
    lines: list[str] = []
    (out,) = apply(restorer(), source, tmp_path / "out.mkv", notify=lines.append)
    errors = [abs(a - b) for a, b in zip(look(source).times, look(out).times, strict=True)]
    assert max(errors) <= Fraction(1, 1000) and "times were rounded to 1 ms, as such files count" in lines


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_of_a_truncated_video_what_can_be_decoded_is_written_and_said(restorer, tmp_path, name) -> None:
    frames = [np.random.default_rng(i).integers(0, 256, (48, 64, 3), np.uint8) for i in range(24)]
    whole = film(tmp_path / f"whole-{name}", frames, "mpeg4", sound="aac" if name.endswith("mkv") else None)
    data = bytearray(whole.read_bytes())
    source = tmp_path / name
    if name.endswith("mp4"):  # the table of frames stands at the end of such files: what is lost must be in the middle
        start = data.index(b"mdat") + 4
        end = data.index(b"moov") - 4
        source.write_bytes(data[: start + (end - start) // 2] + b"\0" * (end - start - (end - start) // 2) + data[end:])
    else:
        source.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=rf"^{name}: [^\n]+; leave --strict out to keep what can be decoded$"):
        apply(restorer(), source, tmp_path / f"out-{name}", strict=True)
    assert not (tmp_path / f"out-{name}").exists() and not list(tmp_path.glob(".partial*"))
    lines: list[str] = []
    (out,) = apply(restorer(), source, tmp_path / f"out-{name}", notify=lines.append)
    found = look(out)
    assert 0 < len(found.frames) <= 24
    (line,) = [each for each in lines if each.startswith(f"{name}: ")]
    assert "damaged pieces" in line or "missing" in line or "s early" in line


def test_odd_sides_a_turn_and_a_larger_scale_are_kept(restorer, tmp_path) -> None:
    odd = film(tmp_path / "odd.mkv", moving(3, 33, 45), "ffv1", "bgr0", None)
    lines: list[str] = []
    (out,) = apply(restorer(), odd, tmp_path / "odd.mp4", notify=lines.append)
    assert look(out).frames[0].shape == (33, 45, 3)
    assert "sides are odd: written as yuv444p, which some players do not know" in lines
    turned = film(tmp_path / "turned.mp4", moving(3), sound=None, degrees=90)
    (out,) = apply(restorer(), turned, tmp_path / "upright.mp4")
    assert look(out).rotation == look(turned).rotation == 90 and look(out).frames[0].shape == (48, 64, 3)
    (out,) = apply(restorer("bicubic-x2"), turned, tmp_path / "large.mp4")
    assert look(out).frames[0].shape == (96, 128, 3)


def test_more_than_8_bits_stay_so(restorer, tmp_path) -> None:
    source = film(tmp_path / "deep.mkv", moving(3), "libx264", "yuv420p10le", None)
    (out,) = apply(restorer(), source, tmp_path / "out.mkv")
    assert look(out).kind == "yuv420p10le" and apart(look(source).frames, look(out).frames) < 2


def test_a_folder_of_videos_and_pictures_keeps_names_and_nothing_is_overwritten(restorer, tmp_path, told) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    film(folder / "sub" / "a.avi", moving(3), "mpeg4", sound="pcm_s16le")
    film(folder / "b.webm", moving(3), "libvpx-vp9", sound=None)
    Image.fromarray(moving(1)[0]).save(folder / "c.png")
    (folder / "broken.mp4").write_bytes(b"no video at all")
    lines: list[str] = []
    written = apply(restorer(), folder, tmp_path / "out", notify=lines.append)
    names = [path.relative_to(tmp_path / "out").as_posix() for path in written]
    assert names == ["c.png", "b.webm", "sub/a.mkv"]
    assert any(line.startswith("left out broken.mp4: cannot be opened as a video (") for line in lines)
    line = told("apply", str(restorer()), str(folder), str(tmp_path / "out"))
    assert line.endswith("exist; choose another place, or add --force")


@pytest.mark.parametrize(
    ("name", "codec", "line"),
    [
        ("out.avi", None, r"out.avi: a video is written as .mp4, .m4v, .mov, .mkv, .webm, got '.avi'"),
        ("out.mp4", "h265x", r"--codec h265x: no such encoder here; known: libx264, .*ffv1"),
        ("out.mp4", "aac", r"--codec aac: encodes audio; take one of libx264, .*"),
        ("out.webm", None, r"out.webm: .webm files hold no aac audio; name the output .mkv"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_in_one_line(restorer, tmp_path, name, codec, line) -> None:
    source = film(tmp_path / "clip.mp4", moving(3))
    with pytest.raises(ConfigError, match=rf"^([^\n]*/)?{line}$"):
        apply(restorer(), source, tmp_path / name, codec=codec)
    assert not list(tmp_path.glob(".partial*")) and not (tmp_path / name).exists()


def test_a_file_without_pictures_in_it_is_left_out(restorer, tmp_path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as out:
        audio = out.add_stream("aac", rate=8000, layout="mono")
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.int16), format="s16", layout="mono")
        heard.sample_rate = 8000
        out.mux([*audio.encode(heard), *audio.encode(None)])
    with pytest.raises(DataError, match=r"^sound.mp4: has no video in it, only audio$"):
        apply(restorer(), path, tmp_path / "out.mp4")


def test_a_hole_is_filled_in_every_frame_and_the_rest_is_bit_exact(restorer, tmp_path) -> None:
    frames = moving(4)
    source = film(tmp_path / "clip.mkv", frames, "ffv1", "bgr0", None)
    hole = np.zeros((48, 64), np.uint8)
    hole[10:20, 30:50] = 255
    Image.fromarray(hole).save(tmp_path / "mask.png")
    model = restorer("inpaint", name="holes", width=4, depth=3)
    (out,) = apply(model, source, tmp_path / "out.mkv", mask=tmp_path / "mask.png", codec="ffv1")
    for before, after in zip(frames, look(out).frames, strict=True):
        assert np.array_equal(before[hole == 0], after[hole == 0]) and not np.array_equal(before, after)
    masks = tmp_path / "masks"
    masks.mkdir()
    for i in range(3):
        Image.fromarray(hole if i else 0 * hole).save(masks / f"{i}.png")
    with pytest.raises(DataError, match=r"masks: 3 masks for more frames; one a frame is wanted$"):
        apply(model, source, tmp_path / "again.mkv", mask=masks, codec="ffv1")
    Image.fromarray(hole).save(masks / "10.png")
    (out,) = apply(model, source, tmp_path / "again.mkv", mask=masks, codec="ffv1")
    assert np.array_equal(look(out).frames[0], frames[0]) and not np.array_equal(look(out).frames[1], frames[1])


def test_a_folder_of_frames_keeps_names_and_tells_the_flicker(restorer, tmp_path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for i, pixels in enumerate(moving(12)):
        Image.fromarray(pixels).save(folder / f"f{i}.png")
    assert run(["apply", str(restorer()), str(folder), str(tmp_path / "out"), "--sequence"]) == 0
    assert {each.name for each in (tmp_path / "out").iterdir()} == {f"f{i}.png" for i in range(12)}
    lines: list[str] = []
    apply(restorer(), folder, tmp_path / "again", sequence=True, notify=lines.append)
    assert any(line.startswith("frames: 12 frames; flicker ") and "11 pairs" in line for line in lines)


def test_flicker_is_nothing_for_what_only_moves_and_much_for_noise() -> None:
    calm, noisy = Flicker(), Flicker()
    random = np.random.default_rng(0)
    for pixels in moving(5):
        calm.look(pixels, pixels)
        noise = random.normal(0, 25, pixels.shape)
        noisy.look(pixels, (pixels + noise).round().clip(0, 255).astype(np.uint8))
    assert max(calm.before) < 1e-4 and calm.before == calm.after
    assert min(noisy.after) > 10 * max(noisy.before)


def test_the_flow_finds_a_shift_on_pictures_smaller_than_it_wants() -> None:
    first, second = moving(2, 24, 28)
    there, back = flows(second, first)
    assert there.shape == (1, 2, 24, 28)
    assert (
        abs(float(there[0, 0, 4:-4, 6:-6].median()) + 2) < 0.3 and abs(float(back[0, 0, 4:-4, 6:-6].median()) - 2) < 0.3
    )


def test_a_cut_is_found_and_motion_is_none() -> None:
    cuts = Cuts()
    assert [cuts.between(each) for each in moving(6)] == [False] * 6
    assert cuts.between(moving(1, seed=5)[0] // 4) and cuts.found == 1
    assert cuts.between(np.zeros((8, 8, 3), np.uint8)) and not cuts.between(np.zeros((8, 8, 3), np.uint8))


def test_frames_are_read_one_by_one(tmp_path) -> None:
    with Film(film(tmp_path / "clip.mkv", moving(9), sound=None)) as found:
        items = iter(found)
        next(items)
        assert found.frames == 1


def test_missing_libraries_are_named_with_their_extra(restorer, tmp_path, monkeypatch) -> None:
    source = film(tmp_path / "clip.mp4", moving(3), sound=None)
    lines: list[str] = []
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "cv2", None)
        apply(restorer(), source, tmp_path / "out.mp4", notify=lines.append)
    assert any("flicker was not measured: optical flows need cv2" in line for line in lines)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ConfigError, match=r"^videos need av \([^\n]+\); pip install 'ganworks\[video\]'$"):
        apply(restorer(), source, tmp_path / "again.mp4")
