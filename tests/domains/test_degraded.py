"""Degraded pictures: each step does what it says, chance can be found again, known pixels stay."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from ganworks.domains.degraded import PRESETS, STEPS, Degraded, DegradedPictures, known_kernel
from ganworks.domains.degraded.blur import Blur, Defocus, Motion, Sinc, filtered
from ganworks.domains.degraded.draws import Draws
from ganworks.domains.degraded.jpeg import compressed
from ganworks.domains.degraded.light import Grey
from ganworks.domains.degraded.noise import Noise, Poisson
from ganworks.domains.degraded.resample import Downscale, ResizeNoise
from ganworks.domains.image import Pictures
from ganworks.settings import ConfigError, DataError, override

CPU = torch.device("cpu")


def scenes(count: int = 8, side: int = 64, channels: int = 3, seed: int = 0) -> torch.Tensor:
    """Smooth coloured pictures with some edges (B, H, W, C) uint8, a little like photographs."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(count, channels, side // 4, side // 4, generator=generator)
    smooth = functional.interpolate(noise, size=(side, side), mode="bicubic")
    blocks = functional.interpolate(torch.rand(count, channels, 4, 4, generator=generator), size=(side, side))
    mixed = (0.5 * smooth + 0.5 * blocks).clamp(0, 1)
    return (mixed * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def unit(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.permute(0, 3, 1, 2).float() / 255


def codec_for(steps, side: int = 64, channels: int = 3, **settings) -> DegradedPictures:
    target = Pictures(channels=channels, height=side, width=side, mode="RGB" if channels == 3 else "L")
    scale = int(np.prod([step.shrinks for step in steps]))
    return DegradedPictures(target=target, scale=scale, steps=steps, **settings)


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """Of two batches in -1..1; decibels."""
    return float(-10 * ((a - b) / 2).square().mean().log10())


EXPECTED = {
    "mild": (26, 40), "bicubic-x2": (20, 36), "bicubic-x4": (14, 28), "denoise-25": (20.0, 21.5), "deblur": (18, 32),
    "deblur-motion": (15, 30), "jpeg": (22, 36), "low-light": (5, 20), "real-v1": (17, 30), "colorize": (12, 28),
    "inpaint": (12, 30), "inpaint-thin": (15, 35), "inpaint-wide": (12, 30),
    "none": (60, math.inf),
}  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_spoils_as_much_as_expected_and_travels_in_the_model(name: str) -> None:
    codec = codec_for(PRESETS[name])
    assert DegradedPictures.from_tree(codec.tree()) == codec
    torch.manual_seed(1)
    batch = codec.encode(scenes(16))
    assert codec.spec.condition is not None and batch.c is not None
    assert batch.x.shape == (16, *codec.spec.shape) and batch.c.shape == (16, *codec.spec.condition.shape)
    assert batch.c.dtype == torch.float32 and batch.c.min() >= -1 and batch.c.max() <= 1
    levels = (batch.c[:, :3] + 1) / 2 * 255
    stored = levels if not codec.holes else levels[(batch.c[:, -1:] < 0).expand(-1, 3, -1, -1)]
    assert (stored - stored.round()).abs().max() < 1e-3
    seen = functional.interpolate(batch.c[:, :3], size=(64, 64), mode="bicubic")
    low, high = EXPECTED[name]
    assert low < psnr(seen, batch.x) < high


@pytest.mark.parametrize("name", PRESETS)
def test_fixed_chance_depends_on_the_record_alone(name: str) -> None:
    codec = codec_for(PRESETS[name], flip=True, crop=48)
    pictures = scenes(5)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    whole = codec.encode(pictures, fixed=True)
    assert torch.equal(torch.get_rng_state(), before)
    alone = codec.encode(pictures[3:4], fixed=True)
    turned = codec.encode(pictures.flip(0), fixed=True)
    assert torch.equal(whole.c[3:4], alone.c) and torch.equal(whole.c, turned.c.flip(0))
    assert torch.equal(whole.x[3:4], alone.x) and torch.equal(whole.c, codec.encode(pictures, fixed=True).c)
    assert torch.equal(codec.degrade(whole.x, fixed=True), whole.c)


@pytest.mark.parametrize("name", PRESETS)
def test_training_chance_is_the_global_generators(name: str) -> None:
    codec = codec_for(PRESETS[name], flip=True, turns=True, crop=48)
    pictures = scenes(6)
    torch.manual_seed(3)
    codec.encode(pictures)
    state = torch.get_rng_state()
    first = codec.encode(pictures)
    torch.set_rng_state(state)
    again = codec.encode(pictures)
    assert torch.equal(first.x, again.x) and torch.equal(first.c, again.c)
    assert not torch.equal(first.x, codec.encode(pictures).x)


def test_jpeg_is_that_of_files() -> None:
    pictures = scenes(6, side=61)
    for quality, mean, share in ((10, 0.3, 0.95), (50, 0.4, 0.95), (90, 0.4, 0.95)):
        files = []
        for each in pictures.numpy():
            file = io.BytesIO()
            Image.fromarray(each).save(file, "JPEG", quality=quality, subsampling="4:2:0")
            files.append(np.asarray(Image.open(file)))
        ours = compressed(unit(pictures), torch.full((6,), float(quality))) * 255
        off = np.abs(np.rint(ours.permute(0, 2, 3, 1).numpy()) - np.stack(files))
        assert off.mean() < mean and (off <= 2).mean() > share


def test_jpeg_leaves_opacity_alone_and_takes_a_quality_a_sample() -> None:
    x = unit(scenes(2, channels=4))
    both = compressed(x, torch.tensor([5.0, 100.0]))
    assert torch.equal(both[:, 3], x[:, 3]) and torch.equal(both[1:], compressed(x[1:], torch.tensor([100.0])))
    assert (both[0, :3] - x[0, :3]).abs().mean() > 4 * (both[1, :3] - x[1, :3]).abs().mean()


@pytest.mark.parametrize("factor", [2, 4])
def test_bicubic_is_torchs_and_pillows(factor: int) -> None:
    pictures = scenes(4)
    x = unit(pictures)
    small = Downscale(factor=factor).apply(x, Draws(4, CPU))
    side = 64 // factor
    assert torch.equal(small, functional.interpolate(x, size=(side, side), mode="bicubic", antialias=True))
    ours = codec_for([Downscale(factor=factor)]).encode(pictures).c
    levels = ((ours + 1) / 2 * 255).round().permute(0, 2, 3, 1).numpy()
    theirs = [Image.fromarray(each).resize((side, side), Image.Resampling.BICUBIC) for each in pictures.numpy()]
    assert np.abs(levels - np.stack([np.asarray(each) for each in theirs])).max() <= 1


def test_resizing_back_and_forth_is_linear_and_keeps_what_is_flat() -> None:
    x = torch.full((3, 1, 20, 28), 0.3)
    step = ResizeNoise(factor=(0.3, 1.0), sigma=0.0)
    torch.testing.assert_close(step.apply(x, Draws(3, CPU)), x, atol=1e-5, rtol=0)
    whole = ResizeNoise(factor=1.0, sigma=0.0).apply(unit(scenes(3)), Draws(3, CPU))
    torch.testing.assert_close(whole, unit(scenes(3)), atol=1e-5, rtol=0)
    small = ResizeNoise(factor=0.5, sigma=0.0).apply(unit(scenes(3)), Draws(3, CPU))
    there = functional.interpolate(unit(scenes(3)), size=(32, 32), mode="bicubic", antialias=True)
    back = functional.interpolate(there, size=(64, 64), mode="bicubic", antialias=True)
    torch.testing.assert_close(small[:, :, 8:-8, 8:-8], back[:, :, 8:-8, 8:-8], atol=1e-4, rtol=0)


def test_noise_is_as_strong_as_asked_and_grey_when_asked() -> None:
    torch.manual_seed(4)
    flat = torch.full((4, 3, 64, 64), 0.5)
    noisy = Noise(sigma=(50.0, 50.0)).apply(flat, Draws(4, CPU)) - flat
    assert abs(float(noisy.std()) * 255 - 50) < 1
    ranged = (Noise(sigma=(5, 50)).apply(flat, Draws(4, CPU)) - flat).std((1, 2, 3)) * 255
    assert ranged.min() > 4 and ranged.max() < 52 and ranged.std() > 2
    grey = Noise(sigma=25, grey=1).apply(flat, Draws(4, CPU))
    assert torch.equal(grey[:, 0], grey[:, 2])
    light = torch.cat([flat * 0.2, flat * 1.8])
    counted = (Poisson(peak=100).apply(light, Draws(8, CPU)) - light).var((1, 2, 3))
    torch.testing.assert_close(counted, light[:, 0, 0, 0] / 100, rtol=0.1, atol=0)


def test_chance_leaves_some_samples_as_they_are() -> None:
    torch.manual_seed(5)
    x = unit(scenes(1)).expand(200, -1, -1, -1)[:, :, :16, :16].contiguous()
    untouched = (Noise(sigma=10, chance=0.3).apply(x, Draws(200, CPU)) == x).flatten(1).all(1)
    assert 0.6 < float(untouched.float().mean()) < 0.8


def test_blurs_keep_the_light_and_spread_it_as_far_as_they_say() -> None:
    point = torch.zeros(1, 1, 41, 41)
    point[..., 20, 20] = 1
    line = torch.arange(41) - 20.0

    def spread(step) -> tuple[float, float]:
        spot = step.apply(point, Draws(1, CPU))[0, 0]
        assert abs(float(spot.sum()) - 1) < 1e-5
        return float((spot.sum(1) * line**2).sum()), float((spot.sum(0) * line**2).sum())

    down, right = spread(Blur(sigma=2.0))
    assert abs(down - 4) < 0.1 and abs(right - 4) < 0.1
    down, right = spread(Blur(sigma=1.5, stretch=2.0, angle=0.0))
    assert abs(down - 2.25) < 0.1 and abs(right - 9) < 0.3
    down, right = spread(Motion(length=9.0, angle=90.0))
    assert right < 0.2 and abs(down - 9**2 / 12) < 0.5
    down, right = spread(Defocus(radius=3.0))
    assert abs(down - 9 / 4) < 0.4 and abs(down - right) < 1e-4
    assert float(Sinc(cutoff=1.0).apply(point, Draws(1, CPU)).min()) < -0.001


def test_every_sample_is_blurred_by_its_own_filter() -> None:
    x = unit(scenes(3))
    filters = Motion(length=(5, 9)).filters(Draws(3, CPU))
    together = filtered(x, filters)
    for i in range(3):
        torch.testing.assert_close(together[i : i + 1], filtered(x[i : i + 1], filters[i : i + 1]))
    tiny = Blur(sigma=3.0).apply(x[:, :, :4, :5], Draws(3, CPU))
    assert tiny.shape == (3, 3, 4, 5) and tiny.isfinite().all()


def test_only_a_blur_that_never_varies_is_a_known_kernel() -> None:
    kernel = known_kernel([Blur(sigma=1.6), Noise(sigma=2)])
    assert kernel is not None and abs(float(kernel.sum()) - 1) < 1e-6
    assert known_kernel(PRESETS["deblur"]) is None and known_kernel(PRESETS["jpeg"]) is None
    assert known_kernel([Blur(sigma=1.6, chance=0.5)]) is None


def test_holes_keep_known_pixels_exactly_and_mark_the_others() -> None:
    codec = codec_for(PRESETS["inpaint"])
    pictures = scenes(4)
    batch = codec.encode(pictures)
    hole = batch.c[:, -1] > 0
    assert set(batch.c[:, -1].unique().tolist()) == {-1.0, 1.0}
    assert (batch.c[:, :3].permute(0, 2, 3, 1)[hole] == 0).all()
    drawn = codec.decode(codec.compose(torch.rand_like(batch.x) * 2 - 1, batch.c))
    known = ~hole.numpy()
    assert np.array_equal(drawn[known], pictures.numpy()[known]) and not np.array_equal(drawn, pictures.numpy())


def test_a_users_picture_and_mask_become_the_condition_unspoilt() -> None:
    codec = codec_for(PRESETS["inpaint"])
    picture = scenes(1, side=40)[:, :24]
    mask = torch.zeros(1, 24, 40, dtype=torch.bool)
    mask[:, 4:9, 10:20] = True
    c = codec.condition(picture, mask)
    assert c.shape == (1, 4, 24, 40) and torch.equal(c[:, -1] > 0, mask) and (c[:, :3][:, :, 4:9, 10:20] == 0).all()
    torch.testing.assert_close(c[..., :4, :][:, :3], unit(picture)[..., :4, :] * 2 - 1)
    with pytest.raises(ConfigError, match="wants a mask"):
        codec.condition(picture)
    with pytest.raises(DataError, match="24 x 40, got 24 x 39; resize it"):
        codec.condition(picture, mask[:, :, :-1])
    noise = codec_for(PRESETS["denoise-25"])
    torch.testing.assert_close(noise.condition(picture), unit(picture) * 2 - 1)
    torch.testing.assert_close(noise.condition(picture.to(torch.int32) * 257), unit(picture) * 2 - 1)
    with pytest.raises(ConfigError, match="fills no holes"):
        noise.condition(picture, mask)
    with pytest.raises(ConfigError, match="takes pictures of 3 channels, got 2"):
        noise.condition(picture[..., :2])


def test_colours_are_taken_away_and_grey_pictures_accepted() -> None:
    pictures = scenes(2)
    c = codec_for(PRESETS["colorize"]).encode(pictures).c
    assert c.shape == (2, 3, 64, 64) and torch.equal(c[:, 0], c[:, 2])
    luminance = np.stack([np.asarray(Image.fromarray(each).convert("L")) for each in pictures.numpy()])
    assert np.abs(((c[:, 0] + 1) / 2 * 255).numpy() - luminance).max() <= 1
    single = codec_for([Grey(single=True)])
    assert single.spec.condition.shape == (1, 64, 64)
    assert single.condition(pictures).shape == single.condition(pictures[..., :1]).shape == (2, 1, 64, 64)
    assert single.shown(single.encode(pictures).c).shape == (2, 64, 64, 3)


def test_training_pictures_are_cropped_mirrored_and_turned() -> None:
    codec = codec_for([Noise(sigma=0)], side=8, channels=1, crop=8, flip=True, turns=True)
    picture = torch.arange(144, dtype=torch.uint8).reshape(1, 12, 12, 1)
    middle = codec.decode(codec.encode(picture, fixed=True).x)
    assert np.array_equal(middle, picture[:, 2:10, 2:10].numpy())
    torch.manual_seed(6)
    drawn = codec.decode(codec.encode(picture.expand(400, -1, -1, -1)).x)[..., 0].astype(int)
    steps = {(int(each[0, 1] - each[0, 0]), int(each[1, 0] - each[0, 0])) for each in drawn}
    assert steps == {(s, 12 * t) for s in (1, -1) for t in (1, -1)} | {(12 * s, t) for s in (1, -1) for t in (1, -1)}
    assert len({each.min() for each in drawn}) == 25


def test_deep_pictures_keep_their_depth() -> None:
    target = Pictures(channels=1, height=16, width=16, bits=16, mode="L")
    codec = DegradedPictures(target=target, steps=(Noise(sigma=1),))
    raw = torch.randint(65536, (2, 16, 16, 1), dtype=torch.int32, generator=torch.Generator().manual_seed(0))
    batch = codec.encode(raw, fixed=True)
    levels = (batch.c + 1) / 2 * 65535
    assert len((levels.round() % 257).unique()) > 100 and (levels - levels.round()).abs().max() < 0.02
    assert np.array_equal(codec.decode(batch.x), raw.numpy().astype(np.uint16))


def test_a_preset_fills_in_steps_that_settings_can_change() -> None:
    chosen = Degraded(preset="denoise-25")
    assert chosen.steps == PRESETS["denoise-25"] and Degraded.from_tree(chosen.tree()) == chosen
    stronger = Degraded.from_tree(override(chosen.tree(), "steps.0.sigma=50"))
    assert stronger.steps[0].sigma == 50
    assert Degraded.from_tree(override(chosen.tree(), "steps.0.sigma=[5, 50]")).steps[0].sigma == (5, 50)
    assert Degraded.from_tree(override(chosen.tree(), "preset=jpeg")).steps == PRESETS["jpeg"]
    at_once = override(override({"name": "degraded"}, "preset=denoise-25"), "steps.0.sigma=50")
    assert Degraded.from_tree(at_once) == stronger
    with pytest.raises(ConfigError, match="preset='jpeg' and steps of your own are both given"):
        Degraded.from_tree(override(stronger.tree(), "preset=jpeg"))


@pytest.mark.parametrize(
    ("tree", "line"),
    [
        ({"preset": "denoise"}, "no preset of steps 'denoise'; did you mean 'denoise-25'?"),
        ({"steps": [{"name": "nois"}]}, "no step 'nois'; did you mean 'noise'?"),
        ({"steps": []}, "steps: needs at least one"),
        ({"steps": {"4": {"sigma": 3}}}, "steps has entries 0 to 1, got '4'"),
        ({"steps": [{"name": "noise", "sigma": -1}]}, "sigma must be a number or a range .* in 0 to 255, got -1"),
        ({"steps": [{"name": "noise", "sigma": [50, 5]}]}, r"got \[50.0, 5.0\]"),
        ({"steps": [{"name": "noise", "sigma": "much"}]}, "sigma must be a number, got 'much'"),
        ({"steps": ["holes", "noise"]}, "holes must be the last step"),
        ({"steps": [{"name": "downscale", "factor": 1}]}, "factor must be at least 2, got 1"),
    ],
)
def test_bad_settings_are_refused_in_one_line(tree, line: str) -> None:
    with pytest.raises(ConfigError, match=line) as caught:
        Degraded.from_tree(tree)
    assert "\n" not in str(caught.value)


def test_pictures_that_do_not_allow_the_steps_are_refused_in_one_line(tmp_path) -> None:
    for i, pixels in enumerate(scenes(12, side=20).numpy()):
        Image.fromarray(pixels[:, :18]).save(tmp_path / f"{i}.png")
    for settings, line in (
        ({"preset": "bicubic-x4", "crop": 10}, "wanted sides that 4 divides, got 10 x 10"),
        ({"turns": True}, "turns=true wants square pictures, got 20 x 16"),
        ({"turns": True, "grid": "pad"}, "turns=true wants square pictures, got 20 x 18"),
    ):
        domain = Degraded(**settings)
        with pytest.raises(DataError, match=line):
            domain.fit(domain.read(str(tmp_path)))
    with pytest.raises(DataError, match="wanted colour pictures"):
        Degraded(preset="colorize").fit(Degraded().toy())


def test_pictures_are_read_as_the_image_domain_reads_them(tmp_path) -> None:
    for i, pixels in enumerate(scenes(20, side=24).numpy()):
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
    domain = Degraded(preset="bicubic-x2", crop=16, size=(24, 24))
    dataset = domain.read(str(tmp_path))
    assert "degraded on the fly: downscale" in dataset.notes
    codec = domain.fit(dataset)
    assert codec.spec.shape == (3, 16, 16) and codec.spec.condition.shape == (3, 8, 8) and codec.scale == 2
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 20
    assert codec.shown(codec.encode(torch.from_numpy(dataset.train.fetch(np.arange(2)).x)).c).shape == (2, 16, 16, 3)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_works_with_any_channels_and_shapes(name: str) -> None:
    step = STEPS[name]()
    for channels, height, width in ((1, 16, 16), (3, 12, 20), (4, 8, 8), (6, 10, 9)):
        x = torch.rand(2, channels, height, width, generator=torch.Generator().manual_seed(0))
        before = x.clone()
        y = step.apply(x, Draws(2, CPU, torch.Generator().manual_seed(1)))
        assert y.shape == (2, step.channels(channels), height // step.shrinks, width // step.shrinks)
        assert y.isfinite().all() and torch.equal(x, before)


def test_real_photographs_are_as_noisy_as_the_noise(real_data) -> None:
    domain = Degraded(preset="denoise-25", size=(64, 64))
    dataset = domain.read(str(real_data("caltech_faces")))
    codec = domain.fit(dataset)
    batch = codec.encode(torch.from_numpy(dataset.test.fetch(np.arange(16)).x), fixed=True)
    assert 20.1 < psnr(batch.c, batch.x) < 21.2
