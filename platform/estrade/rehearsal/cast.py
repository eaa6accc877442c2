"""Who plays what: the simulated people of a play, and every deed of theirs that the database does not hold yet.

Only reads. What is left of a plan follows from what has arrived, so that a process that takes a play over, or starts
again, goes on where the last answer left it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from estrade.people.models import Person
from estrade.rehearsal.models import Play
from estrade.rehearsal.script import (
    AFTERNOON,
    Criterion,
    Deed,
    PlannedDelivery,
    PlannedDraft,
    PlannedScore,
    Story,
    plan_pitches,
    plan_scores,
    whole_story,
)
from judging.models import Ballot, Score, Seat
from judging.models import Criterion as StoredCriterion
from teams.models import Submission, Team


@dataclass(frozen=True)
class Cast:
    """Jurors and captains, and their deeds in order of time, in this round of scoring."""

    round_id: int | None
    jurors: list[Person]
    captains: list[Person]
    plan: list[Deed]


def story_of(play: Play) -> Story:
    """The acts and times of a play."""
    if play.story == Play.Story.AFTERNOON:
        return AFTERNOON
    return whole_story(play.length, freezes=play.edition.freeze_at is not None)


def cast_of(play: Play) -> Cast:
    """Everybody whose seat nobody has taken, and what they have still to do."""
    story = story_of(play)
    seats = [seat for seat in _seats(play) if seat.person_id not in play.taken]
    teams = _teams(play)
    pitching = [team for team in teams if team.captain_id is not None] if story.writing else []
    plan: list[Deed] = [*_missing_taps(play, story, seats, _teams_to_judge(play, seats)), *_missing_pitches(story, pitching)]
    return Cast(
        round_id=_latest_round(play),
        jurors=[seat.person for seat in seats],
        captains=[team.captain for team in pitching if team.captain is not None and team.captain_id not in play.taken],
        plan=sorted((deed for deed in plan if deed.seat not in play.taken), key=lambda deed: deed.at),
    )


def leftovers_of(play: Play) -> Cast:
    """The taken seats of the jury with a tap for each criterion still unscored, so that the results can be signed."""
    seats = [seat for seat in _seats(play) if seat.person_id in play.taken]
    plan = _missing_taps(play, story_of(play), seats, _teams(play))
    return Cast(round_id=_latest_round(play), jurors=[seat.person for seat in seats], captains=[], plan=[*plan])


def next_round_of(play: Play, *, after: int | None) -> Cast | None:
    """What is to be scored in a final that was opened since round `after` was played; None while there is none."""
    if _latest_round(play) == after:
        return None
    cast = cast_of(play)
    return replace(cast, plan=[deed for deed in cast.plan if isinstance(deed, PlannedScore)])


def _latest_round(play: Play) -> int | None:
    return play.edition.rounds.order_by("-number").values_list("pk", flat=True).first()


def _seats(play: Play) -> list[Seat]:
    """The seats of the latest round that a simulated person or a visitor holds: an organiser's own is nobody's to play."""
    last = play.edition.rounds.order_by("-number").first()
    seats = Seat.objects.filter(round=last).select_related("person", "round__rubric").order_by("number")
    whole = play.story == Play.Story.WHOLE
    return [seat for seat in seats if not whole or seat.person.rehearses_id == play.edition_id]


def _teams(play: Play) -> list[Team]:
    present = Team.objects.filter(edition=play.edition_id, withdrawn_at=None)
    return list(present.select_related("captain").order_by("number"))


def _teams_to_judge(play: Play, seats: Sequence[Seat]) -> list[Team]:
    """In order of passage, without the teams that were judged before the play began.

    Those have all their scores from before; a team that the play itself has finished keeps its place,
    so that a restarted process makes the same plan.
    """
    judged_before = set(Ballot.objects.filter(seat__in=seats, completed_at__lt=play.began_at).values_list("team_id", flat=True))
    return [team for team in _teams(play) if team.pk not in judged_before]


def _missing_taps(play: Play, story: Story, seats: Sequence[Seat], teams: Sequence[Team]) -> list[PlannedScore]:
    if not seats:
        return []
    stored = StoredCriterion.objects.filter(rubric=seats[0].round.rubric_id)
    criteria = [Criterion(pk=one.pk, lowest=one.lowest, highest=one.highest, step=one.step) for one in stored]
    strength, severity = play.facts.get("strength", {}), play.facts.get("severity", {})
    taps = plan_scores(
        seats=[(seat.person_id, severity.get(str(seat.person_id), 0.0)) for seat in seats],
        teams=[(team.pk, strength.get(str(team.pk)) or [one.lowest_and(0.6) for one in criteria]) for team in teams],
        criteria=criteria,
        barred=_not_theirs(seats, teams),
        during=story.judging,
    )
    scored = set(
        Score.objects.filter(ballot__seat__in=seats, value__isnull=False).values_list(
            "ballot__seat__person_id", "ballot__team_id", "criterion_id"
        )
    )
    return [tap for tap in taps if (tap.seat, tap.team_id, tap.criterion_id) not in scored]


def _not_theirs(seats: Sequence[Seat], teams: Sequence[Team]) -> dict[int, set[int]]:
    """Juror to the teams that are not for them: barred, or never assigned."""
    open_ballots = Ballot.objects.counting().filter(seat__in=seats)
    theirs = set(open_ballots.values_list("seat__person_id", "team_id"))
    return {seat.person_id: {team.pk for team in teams if (seat.person_id, team.pk) not in theirs} for seat in seats}


def _missing_pitches(story: Story, teams: Sequence[Team]) -> list[Deed]:
    captains = [(team.captain_id, team.pk) for team in teams if team.captain_id is not None]
    kept = {one.team_id: one for one in Submission.objects.filter(team__in=[pk for _, pk in captains])}
    delivered = set(Submission.objects.filter(team__in=kept, receipts__isnull=False).values_list("team_id", flat=True))
    plan = plan_pitches(captains=captains, story=story)
    return [deed for deed in plan if not _is_done(deed, kept, delivered)]


def _is_done(deed: Deed, kept: dict[int, Submission], delivered: Collection[int]) -> bool:
    if isinstance(deed, PlannedDelivery):
        return deed.team_id in delivered
    return isinstance(deed, PlannedDraft) and kept[deed.team_id].draft_revision >= deed.step
