// SPDX-License-Identifier: Apache-2.0
import MediaPlans
import MeetingProtocol
import Testing

@testable import ParleyServer

@Suite("Places of who watches a whole room") struct StreamPlacesTests {
    private func names(_ texts: String...) throws -> [ShortName] {
        try texts.map { try #require(ShortName($0)) }
    }

    private func publisher(
        _ name: String, _ sources: [MediaSource] = [.microphone, .camera]
    ) -> (party: MediaParty, sources: [MediaSource]) {
        (MediaParty(publisher: name), sources)
    }

    /// Who is where, shortly.
    private func text(_ wishes: [MediaWish]) -> [String] {
        wishes.map { "\($0.section) \($0.party.publisher ?? "?") \($0.source)" }.sorted()
    }

    @Test func `who publishes later takes what is left, and nobody moves`() throws {
        var places = StreamPlaces(audio: try names("a0", "a1"), video: try names("v0", "v1"))
        let before = places.follow([publisher("ben")])
        #expect(text(before) == ["a0 ben microphone", "v0 ben camera"])
        let after = places.follow([publisher("ana"), publisher("ben")])
        #expect(text(after) == ["a0 ben microphone", "a1 ana microphone", "v0 ben camera", "v1 ana camera"])
        let full = places.follow([publisher("ana"), publisher("ben"), publisher("cleo")])
        #expect(text(full) == text(after))
    }

    @Test func `who comes back has the place from before, unless somebody needed it`() throws {
        var places = StreamPlaces(audio: try names("a0", "a1"), video: try names("v0", "v1"))
        _ = places.follow([publisher("ana"), publisher("ben")])
        let left = places.follow([publisher("ben")])
        #expect(text(left) == ["a1 ben microphone", "v1 ben camera"])
        let back = places.follow([publisher("ana"), publisher("ben")])
        #expect(text(back).first == "a0 ana microphone")
        let other = places.follow([publisher("ben"), publisher("cleo")])
        #expect(
            text(other) == ["a0 cleo microphone", "a1 ben microphone", "v0 cleo camera", "v1 ben camera"])
        let late = places.follow([publisher("ana"), publisher("ben"), publisher("cleo")])
        #expect(text(late) == text(other))
    }

    @Test func `a place is taken only by who has something for it`() throws {
        var places = StreamPlaces(audio: try names("a0", "a1"), video: try names("v0"))
        let first = places.follow([publisher("ana"), publisher("ben", [.camera])])
        #expect(text(first) == ["a0 ana microphone", "v0 ana camera"])
        let sound = places.follow([
            publisher("ana"), publisher("ben", [.camera]), publisher("cleo", [.screenSound]),
        ])
        #expect(text(sound) == ["a0 ana microphone", "a1 cleo screenSound", "v0 ana camera"])
        // Its camera gives way to nothing, so a screen is seen where there is no camera any more.
        let screen = places.follow([publisher("ana", [.microphone, .screen])])
        #expect(text(screen) == ["a0 ana microphone", "v0 ana screen"])
    }

    @Test func `an offer without sections shows nobody`() {
        var places = StreamPlaces(audio: [], video: [])
        let wishes = places.follow([publisher("ana")])
        #expect(wishes.isEmpty)
    }
}
