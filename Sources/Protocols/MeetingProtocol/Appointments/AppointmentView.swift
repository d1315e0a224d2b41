// SPDX-License-Identifier: Apache-2.0
public import JSON

/// How an appointment stands. Decided by the server alone; pages show it and do not work it out.
public enum AppointmentPhase: String, Hashable, Sendable, CaseIterable {
    /// The waiting room is not open yet.
    case early
    /// The client may check in.
    case open
    case waiting
    /// The professional has let the client in.
    case admitted
    case finished
    case cancelled
    /// The time for it is over, and nobody came.
    case late
    /// The link was replaced by a newer one.
    case revoked
}

/// An appointment as its client sees it: everything, every time it changes, so that a page that has
/// just been loaded is as good as one that was open all the time. The event `appointment`.
public struct AppointmentView: Hashable, Sendable {
    public var id: AppointmentID
    public var clientName: String
    public var professionalName: String
    public var professionalTitle: String
    public var status: ProfessionalStatus
    /// Milliseconds since 1970, as are all times here.
    public var start: Int64
    public var end: Int64
    public var opensAt: Int64
    public var closesAt: Int64
    /// What the client has to agree to; empty for nothing.
    public var consent: String
    public var phase: AppointmentPhase
    /// 1 for who is next; `nil` unless waiting. A number and no more: clients never learn of each other.
    public var position: Int?
    /// Where the call is; `nil` unless admitted to a meeting of ours.
    public var meeting: MeetingCode?

    public init(
        id: AppointmentID, clientName: String, professionalName: String, professionalTitle: String,
        status: ProfessionalStatus, start: Int64, end: Int64, opensAt: Int64, closesAt: Int64,
        consent: String,
        phase: AppointmentPhase, position: Int? = nil, meeting: MeetingCode? = nil
    ) {
        self.id = id
        self.clientName = clientName
        self.professionalName = professionalName
        self.professionalTitle = professionalTitle
        self.status = status
        self.start = start
        self.end = end
        self.opensAt = opensAt
        self.closesAt = closesAt
        self.consent = consent
        self.phase = phase
        self.position = position
        self.meeting = meeting
    }

    /// - Parameter now: What the server's clock shows, so that a page can count down by it.
    public func payload(now: Int64) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id.rawValue), "client": ["name": .string(clientName)],
            "professional": [
                "name": .string(professionalName),
                "title": professionalTitle.isEmpty ? .null : .string(professionalTitle),
                "status": .string(status.rawValue),
            ],
            "start": .number(JSONNumber(start)), "end": .number(JSONNumber(end)),
            "opensAt": .number(JSONNumber(opensAt)), "closesAt": .number(JSONNumber(closesAt)),
            "now": .number(JSONNumber(now)), "consent": .string(consent), "state": .string(phase.rawValue),
        ]
        if let position { object["position"] = .number(JSONNumber(Int64(position))) }
        if let meeting { object["meeting"] = .string(meeting.text) }
        return .object(object)
    }
}
