# SPDX-License-Identifier: Apache-2.0
"""The dialect bunch, replayed by scripted clients, and a hostile one."""

from collections.abc import Iterator

import pytest

from dialects import ANSWER, CANDIDATE, OFFER, DialectServer, Peer, Peers, speaking


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DialectServer]:
    yield from speaking(tmp_path_factory.mktemp("bunch"), "bunch", "bunch")


@pytest.fixture
def peers(speaker: DialectServer) -> Iterator[Peers]:
    peers = Peers(speaker.url("bunch"))
    yield peers
    peers.leave()


def come(peers: Peers, name: str) -> Peer:
    return peers(auth={"userName": name, "password": "x"})


def trickle(name: str, offered: bool) -> dict:
    return {"iceCandidate": CANDIDATE, "iceUserName": name, "didIOffer": offered}


def test_a_call_from_the_board(peers: Peers) -> None:
    rob, ana = come(peers, "Rob-1"), come(peers, "Ana-1")
    rob.emit("newOffer", OFFER)
    rob.emit("sendIceCandidateToSignalingServer", trickle("Rob-1", True))
    (board,) = ana.hears("newOfferAwaiting")
    assert len(board) == 1
    record = board[0]
    assert record["offererUserName"] == "Rob-1" and record["offer"] == OFFER
    assert record["answererUserName"] is None and record["answer"] is None
    assert ana.hears("newOfferWaiting") == ([record],)
    late = come(peers, "Late-1")
    assert late.next() == ("availableOffers", [record])
    record["answer"] = ANSWER
    assert ana.ask("newAnswer", record) == [CANDIDATE]
    (answered,) = rob.hears("answerResponse")
    assert answered["answer"] == ANSWER and answered["answererUserName"] == "Ana-1"
    ana.emit("sendIceCandidateToSignalingServer", trickle("Ana-1", False))
    assert rob.hears("receivedIceCandidateFromServer") == (CANDIDATE,)
    rob.emit("sendIceCandidateToSignalingServer", trickle("Rob-1", True))
    assert ana.hears("receivedIceCandidateFromServer") == (CANDIDATE,)


def test_an_answer_sent_twice_reaches_the_offerer_once_and_is_acknowledged(peers: Peers) -> None:
    rob, ana = come(peers, "Rob-2"), come(peers, "Ana-2")
    rob.emit("newOffer", OFFER)
    (board,) = ana.hears("newOfferAwaiting")
    record = {**board[0], "answer": ANSWER}
    ana.emit("newAnswer", record)
    assert ana.ask("newAnswer", record) == []
    ana.emit("sendIceCandidateToSignalingServer", trickle("Ana-2", False))
    assert rob.next()[0] == "answerResponse"
    assert rob.next()[0] in ("newOfferWaiting", "receivedIceCandidateFromServer")
    assert rob.ask("test") == "pong"
    assert "answerResponse" not in [name for name, _ in list(rob.told.queue)]


def test_who_is_gone_is_off_the_board(peers: Peers) -> None:
    rob, ana = come(peers, "Rob-3"), come(peers, "Ana-3")
    rob.emit("newOffer", OFFER)
    ana.hears("newOfferAwaiting")
    ana.hears("newOfferWaiting")
    rob.leave()
    assert ana.hears("newOfferWaiting") == ([],)
    assert ana.ask("newAnswer", {"offererUserName": "Rob-3", "offer": OFFER, "answer": ANSWER}) == []


def test_a_wrong_password_is_sent_away(speaker: DialectServer) -> None:
    peer = Peer(speaker.url("bunch"), auth={"userName": "Eve", "password": "y"})
    assert peer.next() == ("disconnect",)


def test_nobody_answers_for_another_or_takes_a_call_over(peers: Peers) -> None:
    rob, ana, eve = come(peers, "Rob-4"), come(peers, "Ana-4"), come(peers, "<b>Eve</b>")
    rob.emit("newOffer", OFFER)
    (board,) = ana.hears("newOfferAwaiting")
    record = {**board[0], "answer": ANSWER}
    ana.ask("newAnswer", record)
    assert rob.hears("answerResponse")[0]["answererUserName"] == "Ana-4"
    assert eve.ask("newAnswer", {**record, "answererUserName": "Ana-4"}) == []
    eve.emit("sendIceCandidateToSignalingServer", trickle("Ana-4", False))
    eve.emit("sendIceCandidateToSignalingServer", trickle("Rob-4", True))
    eve.emit("newOffer", OFFER)
    (board,) = ana.hears("newOfferAwaiting")
    assert "<" not in board[0]["offererUserName"], "pages put it into their HTML"
    names = [name for name, _ in list(rob.told.queue)]
    assert "answerResponse" not in names and "receivedIceCandidateFromServer" not in names


def test_the_pages_name_is_taken_once(peers: Peers) -> None:
    first, second, watcher = come(peers, "Twin"), come(peers, "Twin"), come(peers, "Watcher")
    first.emit("newOffer", OFFER)
    second.emit("newOffer", OFFER)
    names = {watcher.hears("newOfferAwaiting")[0][0]["offererUserName"] for _ in range(2)}
    assert names == {"Twin", "Twin 2"}


def test_malformed_events_change_nothing_for_the_others(peers: Peers) -> None:
    eve, ana = come(peers, "Eve-5"), come(peers, "Ana-5")
    for name in ("newOffer", "newAnswer", "sendIceCandidateToSignalingServer"):
        for values in [(), (7,), ({"offererUserName": 7},), ("x" * 200_000,), (None, None), (b"\x00",)]:
            eve.emit(name, *values)
    eve.emit("newOffer", OFFER)
    assert ana.hears("newOfferAwaiting")[0][0]["offererUserName"] == "Eve-5"
