"""The sample edition in the middle of its last afternoon, made with the product's own verbs.

Nothing is written behind the back of a rule: organisers organise, captains hand in, jurors score. Only the
stored instants are set from outside, stage by stage, because a weekend has to fit into a few seconds.
Needs no table of the demonstration, so that it can be loaded anywhere.
"""

import json
import random
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from challenges.challenges import ChallengeText, amend_challenge, submit_challenge, text_of, write_own_challenge
from challenges.files import add_challenge_file
from challenges.models import Challenge, Step
from estrade.demo.sample_files import measures, photo, slides
from estrade.editions.edition_file import EditionFile, read_edition_file
from estrade.editions.models import Edition
from estrade.files.uploads import Sending
from estrade.kernel.clock import db_now
from estrade.people.models import Organisation, Person, Role
from estrade.people.people import create_person, give_role, take_role
from estrade.rehearsal import script
from judging.ballots import write_score
from judging.boards import refresh_board
from judging.conflicts import accept_charter, bar, declare_tie
from judging.edition_loading import load_edition
from judging.models import Ballot, Round, Seat
from judging.panels import assign_everybody, open_round, seat_juror
from judging.remarks import WHICH, write_remark
from teams.extensions import extend_team
from teams.files import bring_file
from teams.intake import import_participants
from teams.intake_words import sentence_for
from teams.membership import add_member, create_team
from teams.models import DraftFile, Question, Receipt, Submission, Team
from teams.questions import answer_question, ask_question
from teams.submissions import deliver_submission, save_draft

DATA = Path(__file__).with_name("data")
LIST = DATA / "hackathon-72-inscriptions.csv"
JUDGED_BEFORE = 6
CLOSED_SINCE, JUDGING_SINCE = timedelta(minutes=40), timedelta(minutes=30)
# What comes after the freeze is told, not waited for: ten minutes of the real programme become 100 seconds.
HASTE = 6


def load_sample() -> Edition:
    """Create the sample edition: 6 of 15 teams judged, one team with time left, the freeze five minutes away."""
    with transaction.atomic():
        now = db_now()
        file = compressed(read_edition_file((DATA / "hack-to-horizon.toml").read_bytes()), now)
        facts = tomllib.loads((DATA / "pitches.toml").read_text(encoding="utf-8"))
        maud, edition = _open_edition(file, facts["organiser"], now)
        students = _import_students(maud, edition)
        teams = _form_teams(maud, edition, facts["team"], students)
        _talk(edition, facts, now)
        _hand_in(edition, teams, facts["team"])
        _close(edition, file, teams, now)
        late = next(entry for entry in facts["team"] if entry.get("late"))
        until = now + timedelta(seconds=script.EXTENSION_ENDS)
        extend_team(person=maud, team_id=teams[late["name"]].pk, until=until, reason=late["late"])
        _set_instants(edition, judging_opens_at=file.judging_opens_at, freeze_at=file.freeze_at)
        round_ = _form_jury(maud, edition, facts["juror"], students)
        _judge_first_teams(edition, round_, facts)
    refresh_board(round_id=round_.pk)
    edition.refresh_from_db()
    return edition


def compressed(file: EditionFile, now: datetime) -> EditionFile:
    """The edition as if its last afternoon were now: what is over keeps its order, what is to come is minutes away."""
    zone = ZoneInfo(file.time_zone)
    closes_at = (now - CLOSED_SINCE).replace(second=0, microsecond=0)
    judging_opens_at = (now - JUDGING_SINCE).replace(second=0, microsecond=0)
    freeze_at = now + timedelta(seconds=script.FREEZE)
    nominal = file.submissions_close_at.astimezone(zone)
    days = closes_at.astimezone(zone).date() - nominal.date()

    def moved(at: datetime) -> datetime:
        if file.freeze_at is not None and at >= file.freeze_at:
            return freeze_at + (at - file.freeze_at) / HASTE
        if at >= file.judging_opens_at:
            return judging_opens_at
        if at >= file.submissions_close_at:
            return closes_at
        same_hour = (at.astimezone(zone).replace(tzinfo=None) + days).replace(tzinfo=zone)
        if same_hour < closes_at - timedelta(hours=1):
            return same_hour
        # A demonstration in the morning: the hours before the deadline come earlier, too.
        local = (closes_at - (file.submissions_close_at - at)).astimezone(zone)
        return local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0)

    opens_at = moved(file.opens_at)
    return replace(
        file,
        starts_on=opens_at.astimezone(zone).date(),
        ends_on=freeze_at.astimezone(zone).date(),
        opens_at=opens_at,
        submissions_close_at=closes_at,
        judging_opens_at=judging_opens_at,
        freeze_at=freeze_at,
        programme=tuple(replace(step, at=moved(step.at)) for step in file.programme),
    )


def _open_edition(file: EditionFile, organiser: dict[str, Any], now: datetime) -> tuple[Person, Edition]:
    admin = Person.objects.create_superuser("admin", first_name="Admin", language="fr")
    maud = create_person(username="maud", language="fr", **organiser)
    hour = timedelta(hours=1)
    still_open = replace(file, submissions_close_at=now + hour, judging_opens_at=now + 2 * hour, freeze_at=None)
    edition = load_edition(person=admin, file=still_open)
    give_role(person=admin, edition_id=edition.pk, to=maud, role=Role.Name.ORGANISER)
    take_role(person=maud, edition_id=edition.pk, of=admin, role=Role.Name.ORGANISER)
    referent = next(one.referent for one in file.challenges if one.slug == "dijon-metropole")
    _rename(Person.objects.get(email=referent.email), "partner")
    return maud, edition


def _import_students(maud: Person, edition: Edition) -> dict[str, Person]:
    """Everybody of the list, by the ids of the clean instance."""
    report = import_participants(person=maud, edition=edition, data=LIST.read_bytes(), filename=LIST.name)
    if report.is_blocked:
        raise RuntimeError("\n".join(map(sentence_for, report.findings)))
    people = {person.email: person for person in Person.objects.filter(roles__edition=edition)}
    return {student["id"]: people[student["email"]] for student in _instance()["students"]}


def _form_teams(maud: Person, edition: Edition, entries: list[dict[str, Any]], students: dict[str, Person]) -> dict[str, Team]:
    """The 15 teams of the plan under their names, in order of passage; the first of each is its captain."""
    plan = json.loads((DATA / "hackathon-72.best.json").read_text(encoding="utf-8"))["plan"]["teams"]
    challenges = {one.slug: one.pk for one in Challenge.objects.filter(edition=edition)}
    teams = {}
    for entry, planned in sorted(zip(entries, plan, strict=True), key=lambda pair: int(pair[0]["turn"])):
        team = create_team(person=maud, edition_id=edition.pk, name=entry["name"], challenge_id=challenges[planned["challenge"]])
        for student in planned["students"]:
            add_member(person=maud, team_id=team.pk, member=students[student])
        team.refresh_from_db()
        teams[entry["name"]] = team
        if username := entry.get("captain"):
            assert team.captain is not None
            _rename(team.captain, username)
    return teams


def _talk(edition: Edition, facts: dict[str, Any], now: datetime) -> None:
    """Teams ask, partners answer, one challenge is amended and another awaits approval."""
    roles = Role.objects.filter(edition=edition, role=Role.Name.PARTNER).select_related("person", "organisation")
    partners = {role.organisation.slug: role.person for role in roles if role.organisation}

    def ago(hours: float) -> datetime:
        return now - timedelta(hours=hours)

    for said in facts["question"]:
        team = Team.objects.select_related("challenge__partner", "captain").get(edition=edition, name=said["team"])
        assert team.captain is not None
        assert team.challenge is not None
        asked = ask_question(person=team.captain, challenge_id=team.challenge.pk, text=said["text"], client_id=uuid4())
        speaker = partners[team.challenge.partner.slug]
        answer_question(person=speaker, question_id=asked.pk, text=said["answer"], to_all=said["to_all"])
        Question.objects.filter(pk=asked.pk).update(asked_at=ago(said["asked"]), answered_at=ago(said["answered"]))
    change = facts["amendment"]
    challenge = Challenge.objects.select_related("partner").get(edition=edition, slug=change["challenge"])
    speaker, text = partners[challenge.partner.slug], replace(text_of(challenge), links=change["links"])
    step = amend_challenge(person=speaker, challenge_id=challenge.pk, revision=1, text=text, why=change["why"])
    assert step is not None
    Step.objects.filter(pk=step.pk).update(at=ago(change["at"]))
    for number, given in enumerate(facts["given"]):
        challenge = Challenge.objects.select_related("partner").get(edition=edition, slug=given["challenge"])
        data = measures(given["inside"], tuple(given["columns"]), number)
        sending = Sending(client_id=uuid4(), name=given["name"], size=len(data))
        speaker = partners[challenge.partner.slug]
        add_challenge_file(person=speaker, challenge_id=challenge.pk, sending=sending, pieces=[data])
    late = facts["waiting"]
    speaker, partner = partners[late["partner"]], Organisation.objects.get(slug=late["partner"])
    text = ChallengeText(title=late["title"], question=late["question"], body=late["body"], capacity=2)
    draft = write_own_challenge(person=speaker, edition_id=edition.pk, partner_id=partner.pk, text=text)
    submit_challenge(person=speaker, challenge_id=draft.pk, revision=draft.revision)
    Step.objects.filter(challenge=draft).update(at=ago(late["at"]))
    Challenge.objects.filter(pk=draft.pk).update(waiting_since=ago(late["at"]))


def _hand_in(edition: Edition, teams: dict[str, Team], entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        team = teams[entry["name"]]
        captain = team.captain
        assert captain is not None
        words = {"title": entry["title"], "summary": entry["summary"], "text": entry["text"], "link": entry["demo"]}
        save_draft(person=captain, team_id=team.pk, base_revision=0, **words)
        for field, name, data in _files_of(entry):
            sending = Sending(client_id=uuid4(), name=name, size=len(data))
            bring_file(person=captain, team_id=team.pk, field=field, sending=sending, pieces=[data])
        if not entry.get("late"):
            deliver_submission(person=captain, team_id=team.pk, client_id=uuid4())


def _files_of(entry: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
    """What a team brings: the field of the form, the file's name, its bytes."""
    words = {name: entry[name] for name in ("title", "summary", "text")}
    yield "pitch", f"{entry['name']} - pitch.pdf", slides(team=entry["name"], **words)
    more = entry.get("more", ())
    if "photo" in more:
        yield "more", "Photo du panneau.jpg", photo(int(entry["turn"]))
    if "measures" in more:
        yield "more", "Mesures.zip", measures("mesures.csv", ("avant", "après"), int(entry["turn"]))


def _close(edition: Edition, file: EditionFile, teams: dict[str, Team], now: datetime) -> None:
    """The deadline is over; receipts tell the hours that the story tells, and under which deadline they came."""
    closes_at = file.submissions_close_at
    _set_instants(edition, submissions_close_at=closes_at, judging_opens_at=now + timedelta(hours=1))
    chance = random.Random(2027)  # noqa: S311 - a story, not a secret
    for receipt in Receipt.objects.filter(submission__team__in=teams.values()).order_by("pk"):
        before = timedelta(seconds=chance.randrange(90, 5400))
        Receipt.objects.filter(pk=receipt.pk).update(received_at=closes_at - before, closes_at=closes_at)
        _worked_at(receipt.submission_id, closes_at - before - timedelta(minutes=4))
    for pk in Submission.objects.filter(team__edition=edition, current=None).values_list("pk", flat=True):
        _worked_at(pk, closes_at - timedelta(minutes=2))


def _worked_at(submission_id: int, at: datetime) -> None:
    """The draft and its files tell that hour, too."""
    Submission.objects.filter(pk=submission_id).update(draft_saved_at=at)
    DraftFile.objects.filter(submission=submission_id).update(attached_at=at)


def _form_jury(maud: Person, edition: Edition, entries: list[dict[str, Any]], students: dict[str, Person]) -> Round:
    """Seats for the jurors, the visitor's last, with their conflicts; then everybody scores whom they may."""
    facts = {one["id"]: one for one in _instance()["jury"]["jurors"]}
    organisations = {one.slug: one for one in Organisation.objects.all()}
    round_ = open_round(person=maud, edition_id=edition.pk, rubric_id=edition.rubrics.get().pk)
    in_order = sorted(entries, key=lambda entry: bool(entry.get("visitor")))
    for number, entry in enumerate(in_order, start=1):
        fact = facts[entry["id"]]
        juror = create_person(
            username=f"jury{number}",
            first_name=fact["first_name"],
            last_name=fact["last_name"],
            email=entry["email"],
            language="fr",
        )
        role = Role.Name.PRESIDENT if entry.get("president") else Role.Name.JUROR
        organisation = organisations.get(entry["organisation"])
        give_role(person=maud, edition_id=edition.pk, to=juror, role=role, organisation=organisation)
        seat = seat_juror(person=maud, round_id=round_.pk, juror_id=juror.pk)
        for student in fact["conflict_students"]:
            declare_tie(person=maud, seat_id=seat.pk, about_id=students[student].pk)
    assign_everybody(person=maud, round_id=round_.pk)
    for seat, entry in zip(Seat.objects.filter(round=round_).order_by("number"), in_order, strict=True):
        slugs = facts[entry["id"]]["conflict_challenges"]
        for team in Team.objects.filter(edition=edition, challenge__slug__in=slugs):
            bar(person=maud, seat_id=seat.pk, team_id=team.pk, reason="own_challenge")
        accept_charter(person=seat.person, edition_id=edition.pk)
    return round_


def _judge_first_teams(edition: Edition, round_: Round, facts: dict[str, Any]) -> None:
    """The first teams in order of passage get a score from everybody who may, the visitor's seat too."""
    seats = {seat.person_id: seat.person for seat in round_.seats.select_related("person")}
    severity = {entry["email"]: entry["severity"] for entry in facts["juror"]}
    strength = {entry["name"]: entry["strength"] for entry in facts["team"]}
    barred: dict[int, set[int]] = {}
    for ballot in Ballot.objects.filter(seat__round=round_).exclude(barred_reason="").select_related("seat"):
        barred.setdefault(ballot.seat.person_id, set()).add(ballot.team_id)
    first = Team.objects.filter(edition=edition).order_by("number")[:JUDGED_BEFORE]
    taps = script.plan_scores(
        seats=[(pk, severity[person.email]) for pk, person in seats.items()],
        teams=[(team.pk, strength[team.name]) for team in first],
        criteria=[
            script.Criterion(pk=one.pk, lowest=one.lowest, highest=one.highest, step=one.step)
            for one in round_.rubric.criteria.all()
        ],
        barred=barred,
    )
    for tap in taps:
        write_score(
            person=seats[tap.seat],
            edition_id=edition.pk,
            team_id=tap.team_id,
            criterion_id=tap.criterion_id,
            value=tap.value,
            client_id=uuid4(),
            base_version=0,
        )
    jurors = {person.email: person for person in seats.values()}
    for said in facts["remark"]:
        team = Team.objects.get(edition=edition, name=said["team"])
        for which in WHICH:
            if text := said.get(which):
                write_remark(
                    person=jurors[said["juror"]], edition_id=edition.pk, team_id=team.pk, which=which, text=text, base_version=0
                )


def tempers(edition: Edition) -> dict[str, dict[str, Any]]:
    """How good each team and how severe each juror of the sample is, as the player wants to know it."""
    facts = tomllib.loads((DATA / "pitches.toml").read_text(encoding="utf-8"))
    strength = {team["name"]: team["strength"] for team in facts["team"]}
    severity = {juror["email"]: juror["severity"] for juror in facts["juror"]}
    seats = Seat.objects.filter(round__edition=edition).select_related("person")
    return {
        "strength": {str(team.pk): strength[team.name] for team in Team.objects.filter(edition=edition)},
        "severity": {str(seat.person_id): severity.get(seat.person.email, 0.0) for seat in seats},
    }


def _set_instants(edition: Edition, **instants: datetime | None) -> None:
    for name, instant in instants.items():
        setattr(edition, name, instant)
    edition.save(update_fields=list(instants))


def _rename(person: Person, username: str) -> None:
    person.username, person.language = username, "fr"
    person.save(update_fields=["username", "language"])


def _instance() -> dict[str, Any]:
    instance: dict[str, Any] = json.loads((DATA / "hackathon-72.json").read_text(encoding="utf-8"))
    return instance
