// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Whether a professional receives clients just now.
public enum ProfessionalStatus: String, Hashable, Sendable, CaseIterable {
    case online
    case away
    /// With another client. Never chosen: it follows from who is let in.
    case busy
}

/// What a client asks in the namespace `/appointments`, one case per event.
public enum ClientAppointmentEvent: Hashable, Sendable {
    case checkIn(CheckIn)
    /// Gives up the place in the waiting room.
    case leave

    public init(name: String, payload: JSONValue?) throws(InvalidEvent) {
        switch name {
        case "check-in": self = .checkIn(try CheckIn(payload: payload, at: name))
        case "leave": self = .leave
        default: throw InvalidEvent(String(name.prefix(MeetingLimits.identifierBytes)), .unknown)
        }
    }

    public var name: String {
        switch self {
        case .checkIn: "check-in"
        case .leave: "leave"
        }
    }

    public var payload: JSONValue {
        switch self {
        case .checkIn(let checkIn): checkIn.payload
        case .leave: [:]
        }
    }
}

/// What a professional asks in the namespace `/appointments`, one case per event.
public enum ProfessionalEvent: Hashable, Sendable {
    /// `online` or `away`.
    case status(ProfessionalStatus)
    /// Lets a client in. Again for one who is in: says where the call is.
    case admit(AppointmentID)
    case sendBack(AppointmentID)
    case finish(AppointmentID)
    case notes(AppointmentID, String)

    /// In bytes of UTF-8.
    public static let maxNotes = 8000

    public init(name: String, payload: JSONValue?) throws(InvalidEvent) {
        guard ["status", "admit", "send-back", "finish", "notes"].contains(name) else {
            throw InvalidEvent(String(name.prefix(MeetingLimits.identifierBytes)), .unknown)
        }
        let reader = try PayloadReader(payload, at: name)
        switch name {
        case "status":
            let status: ProfessionalStatus = try reader.choice("status")
            guard status != .busy else { throw reader.problem("status", .invalid) }
            self = .status(status)
        case "admit": self = .admit(try reader.identifier("id"))
        case "send-back": self = .sendBack(try reader.identifier("id"))
        case "finish": self = .finish(try reader.identifier("id"))
        default:
            self = .notes(
                try reader.identifier("id"), try reader.string("text", maxBytes: Self.maxNotes))
        }
    }

    public var name: String {
        switch self {
        case .status: "status"
        case .admit: "admit"
        case .sendBack: "send-back"
        case .finish: "finish"
        case .notes: "notes"
        }
    }

    public var payload: JSONValue {
        switch self {
        case .status(let status): ["status": .string(status.rawValue)]
        case .admit(let id), .sendBack(let id), .finish(let id): ["id": .string(id.rawValue)]
        case .notes(let id, let text): ["id": .string(id.rawValue), "text": .string(text)]
        }
    }
}
