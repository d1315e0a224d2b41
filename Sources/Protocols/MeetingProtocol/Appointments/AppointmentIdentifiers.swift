// SPDX-License-Identifier: Apache-2.0

/// One appointment, for as long as it is stored: a UUID in text.
public struct AppointmentID: MeetingIdentifier, Comparable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static func < (a: AppointmentID, b: AppointmentID) -> Bool { a.rawValue < b.rawValue }
}

/// The account of somebody who gives appointments.
public struct ProfessionalID: MeetingIdentifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}
