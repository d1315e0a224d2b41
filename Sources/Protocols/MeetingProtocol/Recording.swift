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

    /// As text, to be stored.
    public var text: String {
        var bytes: [UInt8] = []
        payload.format(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `nil` for what is not ``text``.
    public init?(text: String) {
        guard let payload = try? JSONValue(parsing: text),
            let recording = try? Recording(payload: payload, at: "recording")
        else { return nil }
        self = recording
    }
}
