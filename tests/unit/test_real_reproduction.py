"""A published report's claims beside the real month on file, which cannot test them."""

from careatlas.present.reproduction import reproductions


def test_january_2026_alone_cannot_test_the_real_claims(real_release):
    (held,) = reproductions(real_release)
    assert not held["is_testable"]
    assert {claim["verdict"] for claim in held["claims"]} == {"Not testable: 0 of 24 months on file."}
    wakefield = next(claim for claim in held["claims"] if claim["area"] == "03R")
    ranks = {(row["part"], row["people"]): row["rank"] for row in wakefield["readings"]}
    assert ranks["completed_admitted", "registered"] == 1
    assert ranks["completed", "registered"] == 4
