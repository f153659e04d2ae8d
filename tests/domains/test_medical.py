"""DICOM and NIfTI: units kept in and out, slices for training, and files that cannot be used."""

import csv
import json
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEGLSLossless, MRImageStorage, generate_uid

from ganworks.application import apply
from ganworks.cli import run
from ganworks.domains import Image as Domain
from ganworks.domains.medical import Window
from ganworks.domains.medical.scan import found, scans
from ganworks.domains.medical.slices import prepare, split_patients
from ganworks.domains.medical.window import Range, stacked
from ganworks.settings import ConfigError, DataError
from tests.application.conftest import restorer  # noqa: F401  a fixture

AFFINE = np.array([[-1.0, 0, 0, 90], [0, 2, 0, -126], [0, 0, 3, -72], [0, 0, 0, 1]])


def dicom(
    path: Path, stored: np.ndarray, patient: str = "Ann", series: str = "1.2.3", place: float = 0.0, **tags
) -> Path:
    """A CT slice of signed 16-bit numbers; HU = stored * 0.5 - 1024."""
    data = pydicom.Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    modality = tags.get("Modality", "CT")
    data.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
    data.SOPInstanceUID = generate_uid()
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.PatientID, data.SeriesInstanceUID, data.StudyInstanceUID, data.Modality = patient, series, "1.2", modality
    data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    data.Rows, data.Columns = stored.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.RescaleSlope, data.RescaleIntercept = "0.5", "-1024"
    data.ImagePositionPatient, data.ImageOrientationPatient = [10, 20, place], [1, 0, 0, 0, 1, 0]
    data.PixelSpacing = [0.5, 0.25]
    data.PixelData = stored.astype("<i2").tobytes()
    for name, value in tags.items():
        setattr(data, name, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def nifti(path: Path, stored: np.ndarray, slope: float = 0.5, intercept: float = -100.0) -> Path:
    image = nibabel.Nifti1Image(stored, AFFINE)
    image.set_data_dtype(stored.dtype)
    if stored.dtype.kind in "iu":
        image.header.set_slope_inter(slope, intercept)
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
    return path


def voxels(*shape: int, low: int = -200, high: int = 4000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, shape).astype(np.int16)


def stored_of(path: Path) -> np.ndarray:
    return np.asarray(nibabel.load(path).dataobj.get_unscaled())


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32])
def test_nifti_comes_back_within_one_stored_unit_with_its_affine(restorer, tmp_path, suffix, dtype, bits) -> None:  # noqa: F811
    stored = voxels(9, 8, 5, low=0, high=250) if dtype == np.uint8 else voxels(9, 8, 5)
    source = nifti(tmp_path / f"sub-01_T1w{suffix}", stored.astype(dtype))
    lines: list[str] = []
    (out,) = apply(
        restorer(channels=1, bits=bits), source, tmp_path / f"out{suffix}", window="-150,1500", notify=lines.append
    )
    before, after = nibabel.load(source), nibabel.load(out)
    assert np.array_equal(before.affine, after.affine) and after.get_data_dtype() == dtype
    assert (before.dataobj.slope, before.dataobj.inter) == (after.dataobj.slope, after.dataobj.inter)
    assert np.abs(stored_of(out).astype(float) - stored.astype(dtype)).max() <= (1e-3 if dtype == np.float32 else 0)
    assert b"not for diagnosis" in after.header["descrip"].tobytes()
    assert lines[0].startswith("not for diagnosis") and "-150 to 1500" in lines[0]
    if dtype == np.int16:
        assert lines[-1] == "values outside -150 to 1500 were kept as they were"


def test_dicom_comes_back_within_one_stored_unit_and_says_it_is_derived(restorer, tmp_path) -> None:  # noqa: F811
    paths = [dicom(tmp_path / "in" / f"{i}.dcm", voxels(12, 9, seed=i), place=-i) for i in range(3)]
    written = apply(restorer(channels=1), tmp_path / "in", tmp_path / "out", window="-1000,500")
    assert sorted(path.name for path in written) == ["0.dcm", "1.dcm", "2.dcm"]
    series = set()
    for path in paths:
        before, after = pydicom.dcmread(path), pydicom.dcmread(tmp_path / "out" / path.name)
        assert np.array_equal(before.pixel_array, after.pixel_array)
        assert (after.RescaleSlope, after.RescaleIntercept) == (0.5, -1024)
        assert after.SOPInstanceUID != before.SOPInstanceUID == before.file_meta.MediaStorageSOPInstanceUID
        assert after.SOPInstanceUID == after.file_meta.MediaStorageSOPInstanceUID
        assert list(after.ImageType) == ["DERIVED", "SECONDARY", "AXIAL"] and "diagnosis" in after.DerivationDescription
        assert after.PatientID == "Ann" and after.ImagePositionPatient == before.ImagePositionPatient
        series.add(after.SeriesInstanceUID)
    assert len(series) == 1 and series != {"1.2.3"}


def test_what_is_enlarged_has_a_smaller_spacing_and_the_same_corner(restorer, tmp_path) -> None:  # noqa: F811
    model = restorer("bicubic-x2", channels=1)
    apply(model, dicom(tmp_path / "a.dcm", voxels(6, 5)), tmp_path / "big.dcm", window="-1000,500")
    big = pydicom.dcmread(tmp_path / "big.dcm")
    assert (big.Rows, big.Columns) == (12, 10) and list(big.PixelSpacing) == [0.25, 0.125]
    assert list(big.ImagePositionPatient) == pytest.approx([10 - 0.0625, 20 - 0.125, 0])
    apply(model, nifti(tmp_path / "a.nii", voxels(6, 5, 4)), tmp_path / "big.nii", window="-150,1500")
    image = nibabel.load(tmp_path / "big.nii")
    assert image.shape == (12, 10, 4) and nibabel.affines.voxel_sizes(image.affine) == pytest.approx([0.5, 1, 3])
    assert image.affine @ [-0.5, -0.5, 0, 1] == pytest.approx(AFFINE @ [-0.5, -0.5, 0, 1])


def test_volumes_of_four_axes_and_other_slicings_come_back(restorer, tmp_path) -> None:  # noqa: F811
    stored = voxels(5, 6, 7, 2)
    source = nifti(tmp_path / "a.nii", stored)
    (tmp_path / "trained-on").mkdir()
    (tmp_path / "trained-on" / "medical.json").write_text('{"bounds": [-150, 1500], "axis": 0}')
    (out,) = apply(restorer(channels=1), source, tmp_path / "out.nii")  # the window beside the training pictures
    assert np.array_equal(stored_of(out), stored)
    (scan,), _ = scans([source], axis=0)
    assert scan.values.shape == (10, 7, 6) and np.array_equal(scan.values[6], stored[1, :, :, 1].T * 0.5 - 100)


def test_a_stack_of_slices_goes_in_and_its_middle_comes_out(restorer, tmp_path) -> None:  # noqa: F811
    model, stored = restorer(channels=3), voxels(8, 8, 6)
    Path(model / "medical.json").write_text('{"bounds": [-200, 2000], "stack": 3}')
    (out,) = apply(model, nifti(tmp_path / "a.nii", stored), tmp_path / "out.nii")
    assert np.array_equal(stored_of(out), stored)
    pictures = np.arange(4)[:, None, None].repeat(2, 1)
    assert stacked(pictures, 0, 3)[0, 0].tolist() == [0, 0, 1] and stacked(pictures, 2, 3)[0, 0].tolist() == [1, 2, 3]


def test_a_window_is_inverted_and_says_what_it_cannot_hold() -> None:
    values = np.array([-2000.0, -1000, -999.5, 0, 1000, 1001])
    window = Range(-1000, 1000)
    assert np.abs(window.values(window.share(values)) - values.clip(-1000, 1000)).max() < 1e-3
    assert window.holds(values).tolist() == [False, True, True, True, True, False]
    volume = np.random.default_rng(0).normal(500, 100, (4, 30, 30))
    low, high = Window().range(volume)
    assert low == pytest.approx(np.percentile(volume, 0.5)) and high == pytest.approx(np.percentile(volume, 99.5))
    assert Window.parsed("percentiles:1,99").percentiles == (1, 99) and Window.parsed("-5,7").bounds == (-5, 7)
    for wrong in ("5", "7,5", "a,b", "percentiles:-1,50"):
        with pytest.raises(ConfigError):
            Window.parsed(wrong)
    with pytest.raises(DataError, match="no contrast"):
        Window().range(np.zeros((2, 3, 3)))


def test_slices_are_16_bits_deep_and_no_patient_lies_in_two_splits(tmp_path) -> None:
    for patient in range(12):
        for i in range(3):
            pixels = voxels(10, 8, low=0, seed=100 * patient + i)
            dicom(tmp_path / "ct" / f"p{patient}" / f"{i}", pixels, f"Name {patient}", f"1.2.{patient + 1}", place=i)
    lines: list[str] = []
    made = prepare(tmp_path / "ct", tmp_path / "out", notify=lines.append)
    assert (
        made.slices == 36
        and sum(made.patients.values()) == 12
        and set(made.patients) == {"train", "validation", "test"}
    )
    assert "a fixed window of -1000 to 1000 HU" in lines[0]
    rows = list(csv.DictReader((tmp_path / "out" / "slices.csv").open()))
    assert {
        len({row["split"] for row in rows if row["patient"] == name}) for name in {row["patient"] for row in rows}
    } == {1}
    assert not any("Name" in row["path"] or "Name" in row["patient"] for row in rows)
    assert json.loads((tmp_path / "out" / "medical.json").read_text())["unit"] == "HU"
    dataset = Domain().read(str(tmp_path / "out"))
    assert dataset.facts["bits"] == 16 and dataset.facts["channels"] == 1
    sizes = [len(split) for split in (dataset.train, dataset.validation, dataset.test)]
    assert sizes == [3 * made.patients[split] for split in ("train", "validation", "test")]


def test_stacks_and_percentiles_of_nifti_are_read_by_the_domain(tmp_path) -> None:
    for subject in range(4):
        nifti(
            tmp_path / "mri" / f"sub-0{subject}" / "anat" / f"sub-0{subject}_T1w.nii.gz", voxels(8, 10, 5, seed=subject)
        )
    made = prepare(tmp_path / "mri", tmp_path / "out", stack=3)
    assert made.window.stack == 3 and made.window.bounds is None
    dataset = Domain().read(str(tmp_path / "out" / "slices.npz"))
    assert dataset.facts["bits"] == 16 and dataset.facts["channels"] == 3
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [10, 5, 5]
    assert Window.beside(tmp_path / "out" / "slices.npz") == made.window


def test_patients_are_split_by_a_hash_and_three_are_enough() -> None:
    assert set(split_patients(list("abc")).values()) == {"train", "validation", "test"}
    assert set(split_patients(list("ab")).values()) == {"train"}
    many = split_patients([f"p{i}" for i in range(1000)])
    assert 70 < sum(split == "test" for split in many.values()) < 130
    more = split_patients([f"p{i}" for i in range(1100)])
    assert all(more[name] == split for name, split in many.items())


def test_two_patients_in_one_folder_are_listed(tmp_path, told, restorer) -> None:  # noqa: F811
    dicom(tmp_path / "ct" / "a.dcm", voxels(8, 8), "Ann", "1.2.1")
    dicom(tmp_path / "ct" / "b.dcm", voxels(8, 8, seed=1), "Bob", "1.2.2")
    line = told("slices", str(tmp_path / "ct"), str(tmp_path / "out"))
    assert "2 patients in one folder (Ann, Bob)" in line and "--split-by patient" in line
    assert run(["slices", str(tmp_path / "ct"), str(tmp_path / "out"), "--split-by", "patient"]) == 0
    assert "is" in told("slices", str(tmp_path / "ct"), str(tmp_path / "out"))  # not empty any more
    lines: list[str] = []
    apply(restorer(channels=1), tmp_path / "ct", tmp_path / "x", window="-1000,1000", notify=lines.append)
    assert any("2 patients (Ann, Bob); each series is drawn by itself" in line for line in lines)


def test_files_that_cannot_be_used_are_one_line_each_and_the_rest_is_done(tmp_path, restorer) -> None:  # noqa: F811
    folder = tmp_path / "in"
    dicom(folder / "good.dcm", voxels(8, 8))
    report = pydicom.dcmread(dicom(folder / "report.dcm", voxels(8, 8), Modality="SR"))
    del report.PixelData
    report.save_as(folder / "report.dcm")
    squeezed = pydicom.dcmread(dicom(folder / "squeezed.dcm", voxels(8, 8), series="1.9"))
    squeezed.file_meta.TransferSyntaxUID = JPEGLSLossless
    squeezed.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8none"])
    squeezed["PixelData"].is_undefined_length = True
    squeezed.save_as(folder / "squeezed.dcm")
    short = dicom(folder / "short.dcm", voxels(8, 8)).read_bytes()
    (folder / "short.dcm").write_bytes(short[:-40])
    (folder / "noise.dcm").write_bytes(b"nothing")
    (folder / "noise.nii").write_bytes(b"nothing" * 100)
    whole = nifti(tmp_path / "whole.nii.gz", voxels(8, 8, 8)).read_bytes()
    (folder / "cut.nii.gz").write_bytes(whole[: len(whole) // 2])
    lines: list[str] = []
    written = apply(restorer(channels=1), folder, tmp_path / "out", window="-1000,500", notify=lines.append)
    assert [path.name for path in written] == ["good.dcm"]
    left = {line.split(":")[0].removeprefix("left out "): line for line in lines if line.startswith("left out")}
    assert set(left) == {"report.dcm", "squeezed.dcm", "short.dcm", "noise.dcm", "noise.nii", "cut.nii.gz"}
    assert "has no pixel data (SR" in left["report.dcm"]
    assert "compressed as JPEG-LS" in left["squeezed.dcm"] and "decompress it first" in left["squeezed.dcm"]
    assert not any(str(tmp_path) in line for line in left.values())
    with pytest.raises(DataError, match=r"report\.dcm|noise\.dcm|short\.dcm|squeezed\.dcm"):
        apply(restorer(channels=1), folder, tmp_path / "strict", window="-1000,500", strict=True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"wanted DICOM .* found none"):
        found(tmp_path / "empty")


def test_a_window_is_asked_for_where_nobody_knows_it(tmp_path, told, restorer) -> None:  # noqa: F811
    source = nifti(tmp_path / "a.nii", voxels(8, 8, 3))
    line = told("apply", str(restorer(channels=1)), str(source), str(tmp_path / "o.nii"))
    assert "give --window LOW,HIGH" in line
    line = told("apply", str(restorer(channels=1)), str(source), str(tmp_path / "o.nii.gz"), "--window", "0,1")
    assert "is a .nii file too" in line
