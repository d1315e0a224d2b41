// SPDX-License-Identifier: Apache-2.0
internal import MediaPlans
internal import MeetingProtocol

/// Who is watched in which sections of a viewer's connection over WHEP.
///
/// A place is the first section of each kind, or the second of each, and so on: the sound and the picture of one
/// publisher. Whoever has a place keeps it, also for when they come back; newcomers take places that nobody has had,
/// then those of publishers who are gone.
struct StreamPlaces {
    private let audio: [ShortName]
    private let video: [ShortName]
    private var holders: [MediaParty?]

    init(audio: [ShortName], video: [ShortName]) {
        self.audio = audio
        self.video = video
        holders = Array(repeating: nil, count: max(audio.count, video.count))
    }

    init(_ slots: [SlotPlan]) {
        func sections(_ kind: MediaKind) -> [ShortName] {
            slots.filter { $0.kind == kind && $0.isActive }.map(\.mid)
        }
        self.init(audio: sections(.audio), video: sections(.video))
    }

    /// What is to be seen and heard now that these publish.
    mutating func follow(_ publishers: [(party: MediaParty, sources: [MediaSource])]) -> [MediaWish] {
        let present = Set(publishers.map(\.party))
        var seated = Set(holders.compactMap(\.self))
        for (party, sources) in publishers where !seated.contains(party) {
            let useful = holders.indices.filter { !self.sections($0, Sources(sources)).isEmpty }
            let gone = useful.first { index in holders[index].map { !present.contains($0) } ?? false }
            guard let place = useful.first(where: { holders[$0] == nil }) ?? gone else { continue }
            holders[place] = party
            seated.insert(party)
        }
        var wishes: [MediaWish] = []
        for (party, sources) in publishers {
            guard let place = holders.firstIndex(of: party) else { continue }
            for (section, source) in self.sections(place, Sources(sources)) {
                wishes.append(MediaWish(section: section, party: party, source: source))
            }
        }
        return wishes
    }

    /// What of a publisher goes where in a place.
    private func sections(_ place: Int, _ sources: Sources) -> [(ShortName, MediaSource)] {
        var found: [(ShortName, MediaSource)] = []
        if let source = sources.audio, place < audio.count { found.append((audio[place], source)) }
        if let source = sources.video, place < video.count { found.append((video[place], source)) }
        return found
    }

    /// The one sound and the one picture of a publisher that a viewer gets.
    struct Sources {
        var audio: MediaSource?
        var video: MediaSource?

        init(_ sources: [MediaSource]) {
            audio = [.microphone, .screenSound].first(where: sources.contains)
            video = [.camera, .screen].first(where: sources.contains)
        }
    }
}
