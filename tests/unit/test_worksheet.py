"""A group's worksheet as a file: read, written again, and every fault in it named at once."""

import math

import pytest

from careatlas.errors import AtlasError
from careatlas.present.priorities_start import example
from careatlas.present.worksheet import Written, WrittenOption, read_worksheet, tidied, worksheet_text
from careatlas.present.worksheet_checks import checked

TABLE = "option,kind,benefit,people,likelihood,cost\n"
HOME_VISITS = "Home visits,invest,0.2,400,0.6,120000\n"


def read(rows: str, head: str = "budget,250000\n"):
    return read_worksheet(head + "\n" + TABLE + rows)


def faults_of(rows: str, head: str = "budget,250000\n") -> list[str]:
    return [str(fault.as_error("sheet")) for fault in checked(read(rows, head))[1]]


def test_a_worksheet_is_the_same_after_it_is_written_and_read():
    sheet = example()
    assert len(sheet.options) == 8
    assert read_worksheet(worksheet_text(sheet)) == sheet
    assert checked(sheet)[1] == []


def test_what_a_spreadsheet_adds_is_no_matter():
    """A byte order mark, empty cells at the end of rows, Windows' line ends, quotation marks."""
    text = "\ufeffbudget,250000,,,,\r\n,,,,,\r\noption,kind,benefit,people,likelihood,cost,\r\n"
    sheet = read_worksheet(text + '"Home visits",invest,0.2,400,0.6,120000,\r\n')
    assert sheet == read(HOME_VISITS)


def test_a_key_is_made_from_the_name_and_outlives_it():
    sheet = read(HOME_VISITS + HOME_VISITS)
    assert [one.cells["key"] for one in sheet.options] == ["home-visits", "home-visits-2"]
    renamed = worksheet_text(sheet).replace("Home visits", "Visits at home")
    assert [one.cells["key"] for one in read_worksheet(renamed).options] == ["home-visits", "home-visits-2"]


def test_formulas_are_neutralised_in_the_file_and_come_back_as_they_were_written():
    name = "=HYPERLINK(0)"
    sheet = tidied(Written(title="@sum", options=(WrittenOption({"option": name, "cost": "-500"}),)))
    text = worksheet_text(sheet)
    assert "\ntitle,'@sum" in f"\n{text}"
    assert f"'{name}" in text
    assert ",-500" in text
    assert read_worksheet(text) == sheet


def test_blank_is_not_known_and_never_zero():
    sheet, faults = checked(read("Home visits,invest,,400,0.6,\n"))
    assert faults == []
    assert math.isnan(sheet.options[0].benefit.likely)
    assert sheet.options[0].lacks == ("benefit per person", "net cost")


def test_what_a_spreadsheet_works_out_is_a_number():
    option = checked(read("Home visits,invest,.5,400,0.333333333333333,-120000.50\n"))[0].options[0]
    assert (option.benefit.likely, option.cost.likely) == (0.5, -120000.5)
    assert option.likelihood.likely == pytest.approx(1 / 3)


def test_a_figure_without_a_range_has_none():
    option = checked(read(HOME_VISITS))[0].options[0]
    assert option.cost == (120000, 120000, 120000)


def test_criteria_are_columns_and_their_weights_stand_above():
    head = "budget,10\ncriterion,value,3\ncriterion,Fairness,\n"
    text = f"{head}\n{TABLE.strip()},Fairness\n{HOME_VISITS.strip()},70\n"
    sheet = checked(read_worksheet(text))[0]
    assert (sheet.criteria, sheet.weights, sheet.options[0].scores) == (("Fairness",), (3, 1), (70,))


def test_criteria_without_a_name_or_with_one_name_are_told_apart():
    sheet = tidied(Written(criteria=(("Fair", "1"), ("Fair", "2"), ("", "3"), ("", ""), ("kind", "1"))))
    assert [name for name, _ in sheet.criteria] == ["Fair", "Fair (2)", "Criterion 3", "kind (2)"]
    assert read_worksheet(worksheet_text(sheet)) == sheet


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('A,invest,"1,200",1,1,1', 'option 1 "A", benefit: "1,200" is no plain number. Write digits alone'),
        ("A,invest,1,1,60%,1", 'likelihood: "60%" is no plain number'),
        ("A,invest,1,1,1.2,1", "likelihood: 1.2 is out of bounds. Write a number from 0 to 1."),
        ("A,invest,-1,1,1,1", "benefit: -1 is out of bounds. Write a number of 0 or more."),
        ("A,invest,1,1,1,nan", 'cost: "nan" is no plain number'),
        ("A,invest,1,1,1,1e9", 'cost: "1e9" is no plain number'),
        ("A,disinvest,1,1,1,0", "cost: 0 is out of bounds. Write a number of 1 or more."),
        ("A,stop,1,1,1,1", 'kind: "stop" is not known. Write invest or disinvest.'),
        (",invest,1,1,1,1", "option: has no name, or too long a one."),
    ],
)
def test_a_fault_says_what_where_and_what_to_do(row, told):
    said = faults_of(row + "\n")
    assert len(said) == 1
    assert told in said[0]


def test_every_fault_is_told_at_once():
    assert len(faults_of("A,stop,x,-1,2,1\nB,invest,1,1,1,y\n", "budget,much\narea,../x\n")) == 7


def test_a_range_holds_its_figure():
    def fault(low: str, likely: str, high: str) -> list[str]:
        table = f"budget,1\n\n{TABLE.strip()},cost_low,cost_high\nA,invest,1,1,1,{likely},{low},{high}\n"
        return [one.found for one in checked(read_worksheet(table))[1]]

    assert fault("1", "2", "3") == fault("", "2", "3") == fault("1", "2", "") == []
    wrong = ["does not lie between its low and high end."]
    assert fault("3", "2", "4") == fault("1", "2", "1") == fault("1", "", "3") == fault("1", "", "") == wrong


def test_one_key_twice_is_a_fault():
    table = f"\nkey,{TABLE}a,{HOME_VISITS}a,{HOME_VISITS}A b,{HOME_VISITS}"
    assert [fault.found for fault in checked(read_worksheet(table))[1]] == [
        "a is another option's too.",
        '"A b" is no key.',
    ]


def test_weights_that_are_all_zero_are_a_fault():
    assert "every weight is 0" in faults_of(HOME_VISITS, "budget,1\ncriterion,value,0\n")[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no table of options"),
        ("option;kind;benefit\n", "Save it with commas between the cells"),
        ("owner,me\n" + TABLE, 'row 1: begins with "owner". Begin it with one of: title'),
        ("option,kind,cost\n", "has no column benefit, people, likelihood"),
        (TABLE.strip() + ",colour\n", "has a column colour that is not known, or twice"),
        (TABLE.strip() + ",cost\n", "has a column cost that is not known, or twice"),
        (TABLE + "A, with a comma,invest,1,1,1,1\n", "row 2: has more cells than the table has columns"),
        (TABLE + 41 * HOME_VISITS, "has 41 options. Keep to 40"),
        ("".join(f"criterion,c{n},1\n" for n in range(9)) + "option,kind\n", "has no column"),
        (TABLE + "x" * 40_000, "has 40,043 letters"),
    ],
)
def test_what_is_no_worksheet_is_refused(text, told):
    with pytest.raises(AtlasError) as refused:
        read_worksheet(text)
    assert told in str(refused.value)


def test_nine_criteria_are_too_many():
    with pytest.raises(AtlasError, match="has 9 criteria"):
        tidied(Written(criteria=tuple((f"c{n}", "1") for n in range(9))))
