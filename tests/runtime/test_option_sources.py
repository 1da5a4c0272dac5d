from __future__ import annotations

from pathlib import Path

import pytest

from thaw.errors import InputError
from thaw.runtime.option_sources import ResolvedOptions, flag_of, from_file, read, variable_of
from thaw.runtime.options import Options


def test_one_file_serves_several_commands(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("data: d.csv\nstrategy: full\nseeds: 5\nmodel:\n")
    assert read(("data", "seeds"), {}, {}, str(file)).values == {"data": "d.csv", "seeds": 5}


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").touch()
    assert from_file(str(tmp_path / "job.yaml")) == {}


def test_variables_of_other_options_and_empty_ones_say_nothing() -> None:
    environment = {"THAW_SEEDS": "5", "THAW_STRATEGY": "full", "THAW_MODEL": "", "THAW_IMAGES": "x", "SEED": "1"}
    assert read(("data", "model", "seeds"), {}, environment) == ResolvedOptions({"seeds": 5}, {"seeds": "environment"})


@pytest.mark.parametrize("name", Options.model_fields)
def test_a_wrong_value_is_refused_wherever_it_stands(name: str, tmp_path: Path) -> None:
    if Options.model_fields[name].annotation is str:
        wrong = {"3": "3"}  # any text is right: only a file can hold something else
    else:
        wrong = {"-1.5": "-1.5", "wrong": "wrong"}
        for value in wrong:
            with pytest.raises(InputError, match=flag_of(name)):
                read((name,), {name: value}, {})
            with pytest.raises(InputError, match=variable_of(name)):
                read((name,), {}, {variable_of(name): value})
    for value in wrong:
        (tmp_path / "job.yaml").write_text(f"{name}: {value}")
        with pytest.raises(InputError, match=rf"{name} in .*job\.yaml"):
            from_file(str(tmp_path / "job.yaml"))
