"""The chair's page: evidence and decisions, signatures by two, corrections that leave a trace, the record."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from estrade.journal.models import AuditEntry
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from judging import cockpit, reveal
from judging.boards import refresh_board
from judging.corrections import correct_score, void_ballot
from judging.deliberation import add_minute, decide_tie, nudge_juror, tied_teams
from judging.models import Ballot, JuryRecord, Nudge, ScoreRevision
from judging.public import public_results
from judging.record import digest_of, without_names
from judging.reveal import advance_reveal, publish_results
from judging.tallies import tally_of
from tests.builders import captain_of
from tests.judging.stage import Stage, a_person, a_stage, sign_off

pytestmark = pytest.mark.django_db
PAGE = "/e/sample/jury/cockpit/"
SCRIPT = Path(__file__).parents[2] / "docs" / "jury-record" / "recompute.py"


@pytest.fixture
def stage() -> Stage:
    """Three jurors, three teams, every ballot complete; frozen. Team 3 leads."""
    stage = a_stage(jurors=3, teams=3, mark=lambda j, t: min(5, 1 + t + (j == 2)))
    stage.at(freeze=timedelta(minutes=-1))
    return stage


def seen_by(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def ballot_of(stage: Stage, juror: int, team: int) -> Ballot:
    return Ballot.objects.get(seat__person=stage.jurors[juror], team=stage.teams[team])


def order(stage: Stage) -> list[int]:
    return [row.team for row in tally_of(round_id=stage.round.pk).standings]


def test_page_is_for_the_chair_and_organisers_and_nobody_else(stage: Stage) -> None:
    seen = {who: seen_by(person).get(PAGE).status_code for who, person in (
        ("president", stage.president), ("organiser", stage.organiser), ("juror", stage.jurors[0]),
        ("participant", captain_of(stage.teams[0])),
    )}  # fmt: skip

    assert seen == {"president": 200, "organiser": 200, "juror": 403, "participant": 403}
    assert Client().get(PAGE).status_code == 302


def test_page_says_in_plain_words_who_is_missing_and_what_stands_out() -> None:
    stage = a_stage(jurors=3, teams=6, fewest_ballots=2)
    for j in range(2):
        for t in range(5):
            stage.fill(stage.jurors[j], stage.teams[t], 3 if j else t)
    chair = seen_by(stage.president)

    for language in ("fr", "en"):
        page = chair.get(PAGE, headers={"accept-language": language})
        shown, text = page.context["cockpit"], page.content.decode()

        assert [(line.row.done, line.row.of) for line in shown.jurors] == [(5, 6), (5, 6), (0, 6)]
        assert (shown.ranked, shown.minimum, shown.missing) == (5, 2, 8)
        assert "warn" in {one.level for one in shown.findings}
        assert not [one for one in (*shown.findings, *shown.answers) if "%" in one.title + one.text]
        assert "sample-juror3".title() in text
        assert ("donne presque" in text) == (language == "fr")


def test_number_of_queries_does_not_grow_with_teams(django_assert_max_num_queries: Any) -> None:
    stage = a_stage(jurors=3, teams=5, mark=lambda j, t: (j + t) % 6)
    client = seen_by(stage.president)
    client.get(PAGE)

    with django_assert_max_num_queries(60):
        client.get(PAGE)


def test_page_holds_together_while_a_juror_scores_and_tells_nothing_from_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = a_stage(jurors=1, teams=1)
    chair = seen_by(stage.president)
    before = chair.get(PAGE).context["cockpit"]
    # The ballot is completed between the two readings of the page.
    monkeypatch.setattr(cockpit, "progress_matrix", lambda **_facts: before.matrix)
    stage.fill(stage.jurors[0], stage.teams[0], 0, 3, 3)

    page = chair.get(PAGE, headers={"accept-language": "en"})

    assert (before.answers, before.matrix.done) == ([], 0)
    assert [one.level for one in page.context["cockpit"].answers if one.text == "None is missing."] == ["safe"]
    assert "answer 0, impact 3, clarity 3" in page.content.decode()


def test_nudge_is_on_the_jurors_sheet_until_the_ballots_are_complete() -> None:
    stage = a_stage(jurors=1, teams=1)
    seen_by(stage.president).post(f"{PAGE}nudge/{stage.seats[0].pk}/")
    juror = seen_by(stage.jurors[0])
    words = "The jury is waiting for your ballots"

    sheet = juror.get(f"/e/sample/jury/{stage.teams[0].pk}/", headers={"accept-language": "en"}).content.decode()
    nudge = Nudge.objects.get()
    stage.fill(stage.jurors[0], stage.teams[0], 4)
    after = juror.get("/e/sample/jury/", headers={"accept-language": "en"}).content.decode()

    assert words in sheet
    assert nudge.seen_at is not None
    assert words not in after
    with pytest.raises(Refused, match="nothing_missing"):
        nudge_juror(person=stage.president, seat_id=stage.seats[0].pk)


# --- Deliberation -------------------------------------------------------------------------------------------------


def test_minutes_say_who_and_when_and_a_button_hit_twice_writes_once(stage: Stage) -> None:
    for _turn in range(2):
        seen_by(stage.president).post(f"{PAGE}minute/", {"text": "We looked at the feasibility again."})
    add_minute(person=stage.organiser, round_id=stage.round.pk, text="Agreed.")

    written = list(stage.round.minutes.values_list("person", "text"))

    assert written == [(stage.president.pk, "We looked at the feasibility again."), (stage.organiser.pk, "Agreed.")]


def test_tie_that_the_rule_leaves_is_decided_by_the_chair_alone_and_logged_s10() -> None:
    stage = a_stage(jurors=2, teams=3, mark=lambda _j, t: 4 if t < 2 else 1)
    one, two, three = (team.pk for team in stage.teams)
    assert tied_teams(round_id=stage.round.pk) == [[one, two]]

    with pytest.raises(Refused, match="chair_decides"):
        decide_tie(person=stage.organiser, round_id=stage.round.pk, order=[two, one], reason="Braver.")
    with pytest.raises(Refused, match="not_tied"):
        decide_tie(person=stage.president, round_id=stage.round.pk, order=[three, one], reason="Braver.")
    answer = seen_by(stage.president).post(f"{PAGE}tie/", {f"place-{one}": 2, f"place-{two}": 1, "reason": "Braver."})

    assert answer.status_code == 302
    assert [(row.team, row.rank) for row in tally_of(round_id=stage.round.pk).standings] == [(two, 1), (one, 2), (three, 3)]
    entry = AuditEntry.objects.get(action="deliberation.tie")
    assert (entry.actor_id, entry.after, entry.reason) == (stage.president.pk, [two, one], "Braver.")


def test_team_with_fewer_ballots_than_the_event_asks_for_has_no_rank_s10() -> None:
    stage = a_stage(jurors=3, teams=2, fewest_ballots=2)
    stage.fill(stage.jurors[0], stage.teams[0], 5)
    for juror in stage.jurors[:2]:
        stage.fill(juror, stage.teams[1], 2)

    rows = {row.team: (row.rank, row.ballots) for row in tally_of(round_id=stage.round.pk).standings}

    assert rows == {stage.teams[1].pk: (1, 2), stage.teams[0].pk: (None, 1)}


# --- Signatures ---------------------------------------------------------------------------------------------------


def test_two_signatures_close_the_round_and_the_first_alone_does_not(stage: Stage) -> None:
    first = seen_by(stage.president).post(f"{PAGE}sign/")
    stage.round.refresh_from_db()
    open_still = stage.round.closed_at is None
    seen_by(stage.organiser).post(f"{PAGE}sign/")
    stage.round.refresh_from_db()

    assert first.status_code == 302
    assert open_still
    assert stage.round.closed_at is not None
    assert [(one.role, one.person_id) for one in stage.round.signatures.order_by("role")] == [
        ("organiser", stage.organiser.pk),
        ("president", stage.president.pk),
    ]


def test_one_signature_is_enough_without_a_president(stage: Stage) -> None:
    Role.objects.filter(edition=stage.edition, role="president").delete()

    assert reveal.sign_off(person=stage.organiser, round_id=stage.round.pk) is not None


def test_signature_under_other_ballots_is_needed_again(stage: Stage) -> None:
    reveal.sign_off(person=stage.president, round_id=stage.round.pk)
    stage.score(stage.jurors[0], stage.teams[0], 0, 5, base_version=1)

    assert reveal.sign_off(person=stage.organiser, round_id=stage.round.pk) is None
    page = seen_by(stage.president).get(PAGE)
    assert [(one.role, one.outdated) for one in page.context["cockpit"].signatures] == [("president", True), ("organiser", False)]
    assert reveal.sign_off(person=stage.president, round_id=stage.round.pk) is not None


def test_second_of_two_organisers_is_told_who_was_first_s11(stage: Stage) -> None:
    colleague = a_person(stage.edition, "colleague", "organiser")
    reveal.sign_off(person=stage.organiser, round_id=stage.round.pk)

    answer = seen_by(colleague).post(f"{PAGE}sign/", headers={"accept-language": "en"})

    assert answer.status_code == 409
    assert f"{stage.organiser.name} has signed already".replace("'", "&#x27;") in answer.content.decode()


def test_panels_without_a_link_stop_the_signature_until_a_reason_is_given() -> None:
    stage = a_stage(jurors=2, teams=2)
    Ballot.objects.filter(seat=stage.seats[0], team=stage.teams[1]).delete()
    Ballot.objects.filter(seat=stage.seats[1], team=stage.teams[0]).delete()
    stage.fill(stage.jurors[0], stage.teams[0], 3)
    stage.fill(stage.jurors[1], stage.teams[1], 4)
    client = seen_by(stage.president)

    assert client.get(PAGE).context["cockpit"].stops
    assert client.post(f"{PAGE}sign/").status_code == 409
    assert client.post(f"{PAGE}sign/", {"reason": "One prize for each."}).status_code == 302


# --- Corrections --------------------------------------------------------------------------------------------------


def test_void_ballot_leaves_the_count_and_stays_in_the_record(stage: Stage) -> None:
    ballot = ballot_of(stage, 2, 2)
    before = tally_of(round_id=stage.round.pk)

    void_ballot(person=stage.organiser, ballot_id=ballot.pk, reason="A friend of the team.")
    after = tally_of(round_id=stage.round.pk)
    sign_off(person=stage.organiser, round_id=stage.round.pk)

    assert (len(before.marks), len(after.marks)) == (9, 8)
    kept = [one for one in JuryRecord.objects.get().content["ballots"] if one["state"] == "void"]
    assert [(one["juror"], one["team"], one["reason"], len(one["marks"])) for one in kept] == [
        ("J03", stage.teams[2].number, "A friend of the team.", 3)
    ]


def test_second_of_two_voids_is_told_who_was_first_s11(stage: Stage) -> None:
    ballot = ballot_of(stage, 0, 0)
    colleague = a_person(stage.edition, "colleague", "organiser")
    void_ballot(person=stage.organiser, ballot_id=ballot.pk, reason="Twice on paper.")

    answer = seen_by(colleague).post(f"{PAGE}void/{ballot.pk}/", {"reason": "The same."}, headers={"accept-language": "en"})

    assert answer.status_code == 409
    assert stage.organiser.name.replace("'", "&#x27;") in answer.content.decode()
    assert ballot.void.reason == "Twice on paper."


def test_correction_after_the_freeze_needs_a_reason_and_is_in_the_record_s12(stage: Stage) -> None:
    ballot, criterion = ballot_of(stage, 0, 0), stage.criteria[0]
    facts: dict[str, Any] = {"ballot_id": ballot.pk, "criterion_id": criterion.pk, "value": Decimal(5)}

    with pytest.raises(Refused, match="reason_required"):
        correct_score(person=stage.organiser, **facts, reason=" ")
    with pytest.raises(Refused, match="score_off_scale"):
        correct_score(person=stage.organiser, **facts | {"value": Decimal(6)}, reason="A slip.")
    correct_score(person=stage.organiser, **facts, reason="A slip.")

    revision = ScoreRevision.objects.filter(ballot=ballot, criterion=criterion).latest("pk")
    entry = AuditEntry.objects.get(action="score.corrected")
    assert (revision.value, revision.version, revision.person_id) == (Decimal(5), 2, stage.organiser.pk)
    assert (entry.before, entry.after, entry.reason) == ("1", "5", "A slip.")


def test_correction_after_the_sign_off_is_a_new_version_with_its_reason_s12(stage: Stage) -> None:
    signed = sign_off(person=stage.organiser, round_id=stage.round.pk)
    first = signed.records.get()
    for juror in range(3):
        void_ballot(person=stage.organiser, ballot_id=ballot_of(stage, juror, 2).pk, reason="Wrong team on stage.")

    versions = list(signed.records.values_list("version", "reason"))
    signed.refresh_from_db()

    assert versions == [(1, ""), *((n, "Wrong team on stage.") for n in (2, 3, 4))]
    assert signed.standings[0]["id"] == stage.teams[1].pk
    assert signed.records.get(version=1).content == first.content
    assert first.digest == digest_of(first.content)


def test_correction_waits_for_the_end_of_a_reveal_and_then_changes_what_is_public(stage: Stage) -> None:
    signed = sign_off(person=stage.organiser, round_id=stage.round.pk)
    advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=0)
    ballots = [ballot_of(stage, juror, 2).pk for juror in range(3)]

    with pytest.raises(Refused, match="reveal_begun"):
        void_ballot(person=stage.organiser, ballot_id=ballots[0], reason="Wrong team.")
    for step in (1, 2):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
    publish_results(person=stage.organiser, round_id=stage.round.pk)
    before = Client().get("/e/sample/results/", headers={"accept-language": "en"}).content.decode()
    for pk in ballots:
        void_ballot(person=stage.organiser, ballot_id=pk, reason="Wrong team.")
    after = Client().get("/e/sample/results/", headers={"accept-language": "en"}).content.decode()

    entries = public_results(stage.edition)["entries"]
    assert [team["id"] for team in entries[0]["teams"]] == [stage.teams[1].pk]
    signed.refresh_from_db()
    assert signed.records.count() == 4
    # Everybody reads that it was corrected, and nobody reads why: a reason may name a juror.
    assert ["version 4 of the results" in page for page in (before, after)] == [False, True]
    assert "Wrong team." not in after


# --- The record ---------------------------------------------------------------------------------------------------


def rebuilt(content: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "record.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return subprocess.run([sys.executable, str(SCRIPT), str(path)], capture_output=True, text=True, check=False)


def test_script_rebuilds_scores_and_order_where_jurors_saw_different_teams(tmp_path: Path) -> None:
    stage = a_stage(jurors=4, teams=5, fewest_ballots=2)
    for j, juror in enumerate(stage.jurors):
        for t, team in enumerate(stage.teams):
            if (j + t) % 4:
                stage.fill(juror, team, *((min(5, t + j // 2), (t * 2 + j) % 6, min(5, t + j % 2))))
    void_ballot(person=stage.organiser, ballot_id=ballot_of(stage, 1, 1).pk, reason="A slip.")
    sign_off(person=stage.organiser, round_id=stage.round.pk, reason="The train leaves.")
    content = JuryRecord.objects.get().content

    whole, public = rebuilt(content, tmp_path), rebuilt(without_names(content), tmp_path)
    content["standings"][0]["score"] += 0.01
    forged = rebuilt(content, tmp_path)

    assert content["method"] == "adjusted"
    assert (whole.returncode, whole.stdout.splitlines()[-1]) == (0, "the same")
    assert public.stdout == whole.stdout
    assert forged.returncode == 1
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) <= 40


def test_record_is_a_document_and_a_data_file_for_those_who_sign(stage: Stage) -> None:
    add_minute(person=stage.president, round_id=stage.round.pk, text="All <agreed> & done.")
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    client = seen_by(stage.president)

    document = {
        language: client.get("/e/sample/jury/record/1.pdf", headers={"accept-language": language}) for language in ("fr", "en")
    }
    data = client.get("/e/sample/jury/record/1.json")

    assert [answer.content[:5] for answer in document.values()] == [b"%PDF-", b"%PDF-"]
    assert document["fr"].content != document["en"].content
    assert data.json() == JuryRecord.objects.get().content
    assert client.get("/e/sample/jury/record/2.json").status_code == 404
    assert seen_by(stage.jurors[0]).get("/e/sample/jury/record/1.json").status_code == 403


def test_public_record_comes_with_the_publication_and_names_no_juror(stage: Stage) -> None:
    ballot_of(stage, 0, 0)
    Ballot.objects.filter(pk=ballot_of(stage, 0, 0).pk).update(comment="Sample-Juror1 knows them.")
    void_ballot(person=stage.organiser, ballot_id=ballot_of(stage, 1, 0).pk, reason="Sample-Juror2 is their uncle.")
    add_minute(person=stage.president, round_id=stage.round.pk, text="Sample-Juror3 left early.")
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    address = "/e/sample/jury/record/public.json"

    before = Client().get(address).status_code
    for step in range(3):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
    publish_results(person=stage.organiser, round_id=stage.round.pk)
    after = Client().get(address)

    assert before == 403
    assert after.status_code == 200
    text = after.content.decode()
    assert not [person.name for person in (*stage.jurors, stage.president, stage.organiser) if person.name in text]
    assert not [word for word in ("uncle", "knows them", "left early") if word in text]
    assert "J01" in text


def test_board_follows_a_void_ballot(stage: Stage) -> None:
    refresh_board(round_id=stage.round.pk)
    first = order(stage)[0]

    for juror in range(3):
        void_ballot(person=stage.organiser, ballot_id=ballot_of(stage, juror, 2).pk, reason="Wrong team.")

    assert (first, order(stage)[0]) == (stage.teams[2].pk, stage.teams[1].pk)


def test_teams_read_their_own_feedback_once_an_organiser_lets_them(stage: Stage) -> None:
    stage_of = seen_by(captain_of(stage.teams[2]))
    Ballot.objects.filter(pk__in=[ballot_of(stage, j, 2).pk for j in (0, 1)]).update(feedback="Show it <b>first</b>.")
    Ballot.objects.filter(pk=ballot_of(stage, 2, 2).pk).update(feedback="A fine idea.", comment="For the jury alone.")
    Ballot.objects.filter(pk=ballot_of(stage, 2, 1).pk).update(feedback="For another team.")
    sign_off(person=stage.organiser, round_id=stage.round.pk)
    address = "/e/sample/jury/feedback/"
    before = stage_of.get(address).status_code
    for step in range(3):
        advance_reveal(person=stage.organiser, round_id=stage.round.pk, from_step=step)
    publish_results(person=stage.organiser, round_id=stage.round.pk)
    waiting = stage_of.get(address)
    refused = seen_by(stage.president).post(f"{PAGE}release/").status_code
    read_before = seen_by(stage.organiser).get(PAGE).context["cockpit"].texts
    seen_by(stage.organiser).post(f"{PAGE}release/")

    page = stage_of.get(address)

    assert (before, waiting.context["feedback"], refused) == (403, None, 403)
    own = page.context["feedback"]
    assert [(name, len(texts)) for name, texts in read_before] == [(stage.teams[1].name, 1), (stage.teams[2].name, 3)]
    assert own.ballots == 3
    assert own.texts == ["A fine idea.", "Show it <b>first</b>.", "Show it <b>first</b>."]
    shown = page.content.decode()
    assert "Show it &lt;b&gt;first&lt;/b&gt;." in shown
    assert not [text for text in ("For the jury alone.", "For another team.") if text in shown]
    # Jurors gave team 3: 3, 3 and 4; the three teams had means 4/3, 7/3 and 10/3.
    assert [(round(one.own, 2), round(one.everybody, 2)) for one in own.criteria] == [(3.33, 2.33)] * 3
    assert not [person.name for person in stage.jurors if person.name in page.content.decode()]
    assert seen_by(stage.jurors[0]).get(address).status_code == 404
