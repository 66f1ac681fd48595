"""Names beside points: whatever the points are, no two names meet."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings, strategies as st

from resdsl.draw.charts.placing import LabelPlace, Rect, Wanted, positioned

AREA = Rect(0, 0, 400, 300)
RADIUS = 3.0
SPOTS = st.lists(st.tuples(st.floats(5, 395), st.floats(5, 295)), min_size=1, max_size=25)


@settings(max_examples=60)
@given(SPOTS, st.floats(10, 120))
def test_names_meet_nothing(spots: list[tuple[float, float]], width: float) -> None:
    found = [place for place in names(spots, width) if place]
    assert found
    for place in found:
        assert place.frame.within(AREA)
        for x, y in spots:
            assert not place.frame.meets(Rect(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS))
    for one, other in combinations(found, 2):
        assert not one.frame.meets(other.frame)
        for first, second in ((one, other), (other, one)):
            assert first.leader is None or not second.frame.crossed(*first.leader)


@given(SPOTS)
def test_places_are_the_same_twice(spots: list[tuple[float, float]]) -> None:
    assert names(spots, 50) == names(spots, 50)


def test_a_name_alone_stands_to_the_right() -> None:
    place = names([(200, 150)], 50)[0]
    assert place is not None
    assert place.leader is None
    assert (place.frame.left, (place.frame.top + place.frame.bottom) / 2) == (205, 150)


def test_a_name_far_off_is_led_to_its_point() -> None:
    """Two rows of points leave no room beside them."""
    spots = [(100.0 + 8 * at, 150.0) for at in range(8)]
    away = [place for place in names(spots, 60) if place and place.leader]
    assert away
    for place in away:
        assert place.leader is not None
        start, end = place.leader
        assert min(abs(start[0] - x) for x, _ in spots) <= RADIUS
        assert place.frame.left <= end[0] <= place.frame.right


def test_urgent_names_come_first() -> None:
    """One place is left, and two want it."""
    tight = Rect(90, 90, 130, 110)
    wanted = [Wanted((100, 100), 22, 8), Wanted((100, 100), 22, 8, urgent=True)]
    assert [place is not None for place in positioned(wanted, [(100, 100)], 4, tight)] == [False, True]


def test_where_there_is_no_room_there_is_no_name() -> None:
    assert names([(200, 150)], 500) == [None]


def test_names_keep_off_the_line_where_they_can() -> None:
    line = [(200.0, 150.0), (390.0, 150.0)]
    place = positioned([Wanted((200, 150), 50, 8)], line, RADIUS, AREA, line)[0]
    assert place is not None
    assert place.frame.right < 200


def names(spots: list[tuple[float, float]], width: float) -> list[LabelPlace | None]:
    return positioned([Wanted(spot, width, 8) for spot in spots], spots, RADIUS, AREA)
