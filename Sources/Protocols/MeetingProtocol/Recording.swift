// SPDX-License-Identifier: Apache-2.0
public import JSON

/// That somebody records the meeting, as everybody in it is told.
public struct Recording: PayloadCodable {
    /// Who says so: the name of a participant, or of what records by the API.
    public var by: String
    /// Milliseconds since 1970.
    public var since: Int64

    public init(by: String, since: Int64) {
        self.by = by
        self.since = since
    }

    public init(payload: JSONValue?, at path: String) throws(InvalidEvent) {
        let reader = try PayloadReader(payload, at: path)
        by = try reader.string("by", maxBytes: MeetingLimits.nameBytes)
        since = try reader.count("since")
    }

    public var payload: JSONValue { ["by": .string(by), "since": .number(JSONNumber(since))] }
}
