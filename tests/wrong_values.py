"""One wrong value for every group of the golden files, and who sees it: a test of each language that reads the group.

Python sees each of them twice: tests/test_golden.py holds the files against the code, and a second test has the answer
from elsewhere. A number is wrong by two millionths where every test looks so closely, and by more where one does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

COMMITTED = "test_what_is_committed_is_what_the_code_says"


@dataclass(frozen=True)
class WrongValue:
    """A value of a golden file that is replaced by another one, and who sees it."""

    file: str
    group: str | None
    """None, and so is the case: of a file without groups."""
    case: str | None
    right: str
    """What stands there: its first place in the case."""
    wrong: str
    python: str
    """Names of the tests that fail besides COMMITTED, with commas between them."""
    swift: str
    """Files and names of the tests that fail, '' for none."""
    kotlin: str
    """Likewise."""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.file.removesuffix(".json"), self.group, self.case)))

    def seen_by(self, language: str) -> set[str]:
        """The tests that fail."""
        told = {"Python": f"{COMMITTED}, {self.python}", "Swift": self.swift, "Kotlin": self.kotlin}
        return set(told[language].split(", ")) - {""}

    def put_into(self, folder: Path) -> None:
        """Write it into a copy of the golden files; ValueError if what should stand there does not."""
        path = folder / self.file
        text = path.read_text(encoding="utf-8")
        start = text.index(f'"{self.group}": [') if self.group else 0
        start = text.index(f'{{"name": "{self.case}"', start) if self.case else start
        end = text.index("\n", start) if self.case else len(text)
        place = text.index(self.right, start, end)
        path.write_text(text[:place] + self.wrong + text[place + len(self.right) :], encoding="utf-8")


# fmt: off
VALUES = (
    WrongValue("rotations.json", "sixd_to_rotation", "any six numbers",
               '"rotation": [[0.203653', '"rotation": [[0.203655',
               "test_the_six_numbers_make_the_rotation_of_a_qr_decomposition",
               "RotationTests.sixDToRotation", "RotationTest.sixDToRotation"),
    WrongValue("rotations.json", "rotation_to_sixd", "all three", '"sixd": [0.763227', '"sixd": [0.763229',
               "test_the_six_numbers_are_the_first_two_columns",
               "RotationTests.rotationToSixD", "RotationTest.rotationToSixD"),
    WrongValue("rotations.json", "euler_to_rotation", "all three", '"rotation": [[0.763227', '"rotation": [[0.763229',
               "test_euler_angles_make_scipys_rotation",
               "RotationTests.eulerToRotation", "RotationTest.eulerToRotation"),
    WrongValue("rotations.json", "rotation_to_euler", "all three", '"roll_deg": -9.5', '"roll_deg": -9.501',
               "test_euler_angles_are_in_range_and_make_the_rotation_again",
               "RotationTests.the gimbal branch included", "RotationTest.rotationToEulerWithTheGimbalBranch"),
    WrongValue("rotations.json", "geodesic_deg", "frontal to all three", '"deg": 48.643208', '"deg": 48.643210',
               "test_geodesics_are_scipys_magnitudes",
               "RotationTests.geodesic", "RotationTest.geodesic"),
    WrongValue("rotations.json", "mirror", "all three", '"mirrored": [[0.763227', '"mirrored": [[0.763229',
               "test_mirrored_angles_have_the_other_sign",
               "RotationTests.mirror", "RotationTest.mirror"),
    WrongValue("rotations.json", "rotate_in_plane", "all three by 0", '"turned": [[0.763227', '"turned": [[0.763229',
               "test_turns_are_scipys",
               "RotationTests.inPlaneTurn", "RotationTest.inPlaneTurn"),
    WrongValue("rotations.json", "to_opencv", "all three", '"opencv": [[0.763227', '"opencv": [[0.763229',
               "test_opencv_columns_are_the_heads_axes_with_y_and_z_turned_over",
               "RotationTests.toOpenCV", "RotationTest.toOpenCV"),
    WrongValue("rotations.json", "image_axes", "all three", '"axes": [[0.763227', '"axes": [[0.763229',
               "test_axes_in_the_image_are_6drepnets",
               "RotationTests.imageAxes", "RotationTest.imageAxes"),
    WrongValue("projections.json", "axes", "all three, place 1", '"end": [57.9517', '"end": [57.9518',
               "test_drawn_axes_start_in_the_middle_and_have_their_length",
               "ProjectionTests.axes", "ProjectionTest.axes"),
    WrongValue("projections.json", "cube", "all three, place 1", '"start": [-17.5921', '"start": [-17.5922',
               "test_drawn_cubes_are_the_shadows_of_cubes",
               "ProjectionTests.cube", "ProjectionTest.cubes"),
    WrongValue("projections.json", "overlay", "cube of all three", "yaw +39.3°", "yaw +39.4°",
               "test_labels_say_the_angles",
               "ProjectionTests.overlayAndLabel", "ProjectionTest.labels"),
    WrongValue("crops.json", "crop_box", "fractions", '"crop_box": [2.0', '"crop_box": [3.0',
               "test_crop_boxes_are_those_of_exact_arithmetic",
               "CropTests.cropBox", "CropTest.cropBox"),
    WrongValue("crops.json", "empty", "no width", "[10.0, 10.0, 10.0", "[10.0, 10.0, 11.0",
               "test_an_empty_box_has_no_crop",
               "CropTests.emptyFacesAreRefused", "CropTest.emptyFacesAreRefused"),
    WrongValue("crops.json", "transform", "buffer, 90 degrees, mirrored", '"display": [30.5', '"display": [30.6',
               "test_a_marked_pixel_ends_where_the_transform_says",
               "CropTests.sensor rotation × front-camera mirror × crop", "CropTest.transforms"),
    WrongValue("smoothing.json", "sequences", "one_euro 0: noise at rest", "[[0.989165", "[[0.989167",
               "test_smoothing_agrees_with_a_second_writing_of_the_filters",
               "SmoothingTests.sequences", "SmoothingTest.sequencesComeOutAsInPython"),
    WrongValue("statistics.json", "stats", "heats up", '"p95": 13.3915', '"p95": 13.3916',
               "test_figures_are_those_of_pythons_statistics",
               "StatisticsTests.to the last of four digits", "StatisticsTest.figures"),
    WrongValue("statistics.json", "reasons", "cools down, plain", "the median drifted", "the median moved",
               "test_reasons_are_there_exactly_when_their_conditions_hold",
               "StatisticsTests.the same English sentences", "StatisticsTest.sentencesAgainstSamples"),
    WrongValue("statistics.json", "summary_reasons", "p95 alone, 1000 iterations", "2.0 times p50", "twice p50",
               "test_reasons_against_figures_are_there_exactly_when_their_conditions_hold",
               "StatisticsTests.reasonsAgainstFiguresAlone", "StatisticsTest.sentencesAgainstFiguresAlone"),
    WrongValue("json_forms.json", "numbers", "2.5e-05", '"text": "2.5e-05"', '"text": "2.5e-5"',
               "test_canonical_texts_read_back_the_same",
               "RecordTests.formsAreThoseOfPython", "JsonTest.canonicalFormsAreThoseOfPython"),
    WrongValue("json_forms.json", "texts", "'slash / stays'", r'slash / stays\"', r'slash \\/ stays\"',
               "test_canonical_texts_read_back_the_same",
               "RecordTests.formsAreThoseOfPython", "JsonTest.canonicalFormsAreThoseOfPython"),
    WrongValue("json_forms.json", "keys", "order", r'{\"B\":4,\"_\":6', r'{\"_\":6,\"B\":4',
               "test_canonical_texts_read_back_the_same, "
               "test_canonical_keys_are_in_the_order_of_their_code_points",
               "RecordTests.formsAreThoseOfPython", "JsonTest.canonicalFormsAreThoseOfPython"),
    WrongValue("record_full.json", None, None, '"energy_mj":3.5e-05', '"energy_mj":3.5e-5',
               "test_records_keep_to_the_schema_and_come_back_from_their_reader",
               "RecordTests.readAndWrittenAgain", "RecordTest.readAndWrittenAgain"),
    WrongValue("record_minimal.json", None, None, '"mean":3,', '"mean":3.0,',
               "test_records_keep_to_the_schema_and_come_back_from_their_reader",
               "RecordTests.readAndWrittenAgain", "RecordTest.readAndWrittenAgain"),
    WrongValue("manifest.json", None, None, '"max_deg": 0.1213', '"max_deg": 0.1214',
               "",
               "ModelTests.aManifestIsReadWholly", "ModelTest.aManifestIsReadWholly"),
    WrongValue("picks.json", "picks", "coreml fp16 any, all there",
               '"file": "sixdrepnet_repnext_m0', '"file": "sixdrepnet_repnext_m4',
               "test_what_is_picked_fits_and_is_there",
               "ModelTests.picking", "ModelTest.picking"),
    WrongValue("picks.json", "suffixes", "coreml", '".mlpackage"', '".mlpackages"',
               "test_a_suffix_makes_a_files_name_of_its_models",
               "ModelTests.theFormatOfThisHostIsCoreML", ""),
    WrongValue("picks.json", "suffixes", "tflite", '".tflite"', '".lite"',
               "test_a_suffix_makes_a_files_name_of_its_models",
               "", "ModelTest.theFormatOfThisHostIsTflite, ModelTest.theFormatIsKnownByTheName"),
    WrongValue("protocols.json", "protocols", "headpose", '"iterations": 1000', '"iterations": 1001',
               "test_an_iphones_order_asks_for_the_protocols_and_units_that_there_are",
               "StatisticsTests.presetsAreThoseOfThePythonTools", "StatisticsTest.protocolsAreThoseOfThePythonTools"),
    WrongValue("protocols.json", "presets", "iphone12-ios16", '"iPhone13,2"', '"iPhone13,9"',
               "test_a_preset_names_protocols_units_and_a_phone_that_there_are",
               "StatisticsTests.presetsAreThoseOfThePythonTools", "StatisticsTest.presetsAreThoseOfThePythonTools"),
    WrongValue("protocols.json", "units", "cpuAndGPU, ane and cpu", "backend not what", "backend is not what",
               "test_a_placement_is_blamed_exactly_when_it_is_not_what_was_asked_for",
               "StatisticsTests.unitsThatWereNotAskedFor", ""),
    WrongValue("protocols.json", "chips", "iPhone13,2", '"A14"', '"A15"',
               "test_an_iphones_chip_is_one_above_its_identifier",
               "StatisticsTests.chipsAreThoseOfThePythonTools", ""),
    WrongValue("order.json", None, None, '"iterations":1000', '"iterations":1001',
               "test_an_iphones_order_asks_for_the_protocols_and_units_that_there_are",
               "RecordTests.ordersAreRead", ""),
    WrongValue("android_orders.json", "orders", "four threads", '"minSeconds": "2.5"', '"minSeconds": "2.6"',
               "test_an_android_phones_order_is_its_values_as_text",
               "", "RecordTest.ordersAreRead"),
)
# fmt: on
