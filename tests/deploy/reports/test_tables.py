"""A table is shown whole."""

from __future__ import annotations

import pytest

from deploy.reports import tables

PATH = f"/{'very-long-path' * 12}"


def test_rows_are_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    tables.show(("server", "path"), [("web1", PATH), ("web11", "/")])

    assert capsys.readouterr().out == f"server   path\nweb1     {PATH}\nweb11    /\n"
