"""Measures of pictures in pairs: equal to published implementations under one protocol, and to values made by hand."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ganworks.metrics import diversity
from ganworks.metrics.pictures import absolute, ms_ssim, psnr, relative, spectral, ssim, visible, warp, warping_error
from ganworks.metrics.pictures.error import luma
from ganworks.settings import DataError

METRICS = pytest.importorskip("skimage.metrics", reason="scikit-image is what these are compared with")
COLOUR = pytest.importorskip("skimage.color")


def pictures(
    count: int = 3, channels: int = 3, height: int = 40, width: int = 52, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Smooth pictures and noisy ones beside them, in 0..1."""
    generator = torch.Generator().manual_seed(seed)
    rough = torch.rand(count, channels, height // 4, width // 4, generator=generator, dtype=torch.float64)
    x = torch.nn.functional.interpolate(rough, (height, width), mode="bicubic").clamp(0, 1)
    noise = torch.randn(x.shape, generator=generator, dtype=torch.float64)
    return x, (x + 0.08 * noise).clamp(0, 1)


def arrays(x: Tensor) -> list[np.ndarray]:
    return [each.permute(1, 2, 0).numpy() for each in x]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("crop", [0, 4])
def test_psnr_and_ssim_are_those_of_scikit_image(channels: int, crop: int) -> None:
    x, y = pictures(channels=channels)
    inner = [each[:, :, crop : 40 - crop, crop : 52 - crop] for each in (x, y)]
    pairs = list(zip(*map(arrays, inner), strict=True))
    ours = psnr(x, y, crop=crop).values, ssim(x, y, crop=crop).values
    theirs = (
        [METRICS.peak_signal_noise_ratio(a, b, data_range=1) for a, b in pairs],
        [
            METRICS.structural_similarity(
                a, b, channel_axis=-1, data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
            )
            for a, b in pairs
        ],
    )
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.tolist() == pytest.approx(other, abs=1e-6)


def test_psnr_of_luma_is_that_of_scikit_images_conversion() -> None:
    x, y = pictures()
    converted = [[COLOUR.rgb2ycbcr(each)[..., 0] for each in arrays(side)] for side in (x, y)]
    theirs = [METRICS.peak_signal_noise_ratio(a, b, data_range=255) for a, b in zip(*converted, strict=True)]
    assert psnr(x, y, on="y").values.tolist() == pytest.approx(theirs, abs=1e-6)


def test_luma_of_white_is_235_and_of_black_16_and_grey_has_none() -> None:
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64).view(2, 1, 1, 1).expand(2, 3, 1, 1)
    assert (luma(ends) * 255).flatten().tolist() == pytest.approx([16, 235], abs=1e-3)
    with pytest.raises(DataError, match="three colours, got 1"):
        luma(torch.zeros(1, 1, 2, 2))


def test_multi_scale_similarity_is_that_of_torchmetrics_and_of_pairs() -> None:
    image = pytest.importorskip("torchmetrics.functional.image")
    x, y = pictures(2, height=190, width=200)
    theirs = image.multiscale_structural_similarity_index_measure(x, y, data_range=1.0, reduction="none")
    # Not closer: at the coarsest scale theirs counts the mirrored border, which the paper leaves out.
    assert ms_ssim(x, y).values.tolist() == pytest.approx(theirs.tolist(), abs=2e-4)
    assert "5 scales" in ms_ssim(x, y).protocol
    small = pictures(2, height=64, width=64)
    pair = torch.cat([each[:1] for each in small])
    mine = ms_ssim(pair[:1], pair[1:]).mean
    assert diversity.likeness(pair * 2 - 1, pairs=20) == pytest.approx(mine, abs=1e-12)
    assert "3 scales" in ms_ssim(*small).protocol


def test_one_wrong_level_in_a_hundred_pixels_is_worked_out_by_hand() -> None:
    x = torch.full((2, 1, 10, 10), 0.5)
    y = x.clone()
    y[1, 0, 3, 4] = 0.6
    assert psnr(x, y).values.tolist() == [math.inf, pytest.approx(40.0, abs=1e-5)]
    assert psnr(x, y, most=100).values.tolist() == [100, pytest.approx(40.0, abs=1e-5)]
    assert psnr(x, y, crop=4).values[1] == math.inf
    assert absolute(x, y).values.tolist() == pytest.approx([0, 0.001], abs=1e-8)
    assert psnr(x, y, most=100).mean == pytest.approx(70, abs=1e-5)


def test_what_is_in_the_holes_alone_counts_there() -> None:
    x, y = pictures()
    mask = torch.zeros(3, 40, 52, dtype=torch.bool)
    mask[:, 5:20, 10:30] = True
    known = torch.where(mask[:, None], y, x)
    inside = mask[:, None].expand_as(x)
    errors = torch.stack([(a - b)[each].square().mean() for a, b, each in zip(x, y, inside, strict=True)])
    expected = (-10 * errors.log10()).tolist()
    assert psnr(x, y, mask=mask).values.tolist() == pytest.approx(expected, abs=1e-9)
    assert psnr(x, known, mask=mask[:, None]).values.tolist() == pytest.approx(expected, abs=1e-9)
    assert psnr(x, known).mean == pytest.approx(psnr(x, known, mask=mask).mean + 10 * math.log10(40 * 52 / 300))
    assert absolute(x, known, mask=mask).mean == pytest.approx(absolute(x, known).mean * 40 * 52 / 300)
    assert ssim(x, known, mask=mask).mean < ssim(x, known).mean
    assert ssim(x, x, mask=mask).mean == pytest.approx(1)
    with pytest.raises(DataError, match="without a hole"):
        psnr(x, y, mask=torch.zeros_like(mask))
    with pytest.raises(DataError, match="pictures' size"):
        psnr(x, y, mask=mask[:, :20])


def test_the_protocol_says_what_was_compared() -> None:
    x, y = pictures()
    assert psnr(x, y).protocol == "mean over pictures, all channels together, peak = full range, no border cut"
    assert "luma of BT.601" in psnr(x, y, on="y", crop=4).protocol and "4 pixels cut" in psnr(x, y, crop=4).protocol
    assert "holes alone" in absolute(x, y, mask=torch.ones(3, 40, 52)).protocol
    assert "11 pixels" in ssim(x, y).protocol and "windows within the picture" in ssim(x, y).protocol


def test_pictures_that_cannot_be_compared_are_one_line() -> None:
    x, y = pictures()
    for wrong, said in (((x, y[:2]), "one shape"), ((x, y * math.nan), "not finite")):
        with pytest.raises(DataError, match=said) as told:
            psnr(*wrong)
        assert "\n" not in str(told.value)
    with pytest.raises(DataError, match="nothing is left"):
        psnr(x, y, crop=20)
    with pytest.raises(DataError, match="at least 3"):
        ssim(x[:, :, :2], y[:, :, :2])


def test_the_spectrum_sees_blur_rather_than_a_shift() -> None:
    _, y = pictures(height=64, width=64)
    blurred = torch.nn.functional.avg_pool2d(y, 3, 1, 1, count_include_pad=False)
    shifted = y.roll(1, 3)
    assert absolute(y, blurred).mean < absolute(y, shifted).mean
    assert spectral(y, blurred).mean > 1.5 * spectral(y, shifted).mean
    assert spectral(y, y).mean == 0
    assert spectral(y[:, :, :9, :9], y[:, :, :9, :9]).mean == 0


def test_relative_features_are_a_share_of_the_targets_size() -> None:
    target = [torch.full((2, 3, 4, 4), 2.0), torch.tensor([[1.0, -1.0], [4.0, 0.0]])]
    output = [torch.full((2, 3, 4, 4), 3.0), torch.tensor([[1.0, 1.0], [4.0, 0.0]])]
    assert relative(target, output, "maps").values.tolist() == [(0.5 + 1) / 2, 0.25]
    with pytest.raises(DataError, match="one shape"):
        relative(target, output[:1], "maps")


def test_a_frame_that_moved_is_found_again_except_where_it_left() -> None:
    before, _ = pictures(1, height=32, width=32)
    now = before.roll((2, 3), (2, 3))  # down by 2, right by 3: what is at p was at p - (3, 2)
    flow = torch.tensor([-3.0, -2.0], dtype=torch.float64).view(1, 2, 1, 1).expand(1, 2, 32, 32)
    seen = visible(flow, -flow)
    assert warp(before, flow)[:, :, 2:, 3:].sub(now[:, :, 2:, 3:]).abs().max() < 1e-9
    assert seen[0, 0, 2:, 3:].all() and not seen[0, 0, :2].any() and not seen[0, 0, :, :3].any()
    assert warping_error(now, before, flow, seen).mean < 1e-18
    assert warping_error(now + 0.1, before, flow, seen).mean == pytest.approx(0.01)
    assert warping_error(now, before, flow, torch.zeros_like(seen)).values.isnan().all()
    assert not visible(flow, torch.zeros_like(flow)).any()  # the way back does not return: occluded
    with pytest.raises(DataError, match="a flow"):
        warp(before, flow[:, :1])
