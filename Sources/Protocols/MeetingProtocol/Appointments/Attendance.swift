// SPDX-License-Identifier: Apache-2.0
public import JSON

/// How far a client has come on the way from the link into the call: what is stored of the waiting
/// room, so that a restart of the server costs nobody their place.
public struct Attendance: PayloadCodable {
    /// How the client's page speaks to us.
    public enum Way: String, Hashable, Sendable, CaseIterable {
        /// Our own page.
        case parley
        /// A page of the teleLegal dialect, which takes the call itself.
        case telelegal
    }

    /// When they first checked in, which is their place among those who wait. Milliseconds since 1970;
    /// `nil` for somebody who was let in without.
    public var since: Int64?
    /// `nil` from a page that does not check anything.
    public var checkIn: CheckIn?
    public var way: Way
    /// When the professional let them in; `nil` while they wait. Milliseconds since 1970.
    public var admittedAt: Int64?

    public init(
        since: Int64? = nil, checkIn: CheckIn? = nil, way: Way = .parley, admittedAt: Int64? = nil
    ) {
        self.since = since
        self.checkIn = checkIn
        self.way = way
        self.admittedAt = admittedAt
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        since = reader.isPresent("since") ? try reader.count("since") : nil
        checkIn =
            reader.isPresent("checkIn")
            ? try CheckIn(payload: reader.value("checkIn"), at: "\(path).checkIn") : nil
        way = try reader.choice("way")
        admittedAt = reader.isPresent("admittedAt") ? try reader.count("admittedAt") : nil
    }

    public var payload: JSONValue {
        [
            "since": since.map { .number(JSONNumber($0)) } ?? .null,
            "checkIn": checkIn.map { $0.payload } ?? .null,
            "way": .string(way.rawValue), "admittedAt": admittedAt.map { .number(JSONNumber($0)) } ?? .null,
        ]
    }
}
