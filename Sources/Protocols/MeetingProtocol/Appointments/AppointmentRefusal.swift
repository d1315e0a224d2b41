// SPDX-License-Identifier: Apache-2.0

/// What the namespace `/appointments` turns down, as `error` in an acknowledgement.
///
/// The list is closed, and every one has a sentence in the web client too.
public enum AppointmentRefusal: String, Hashable, Sendable, CaseIterable {
    case invalidEvent = "invalid-event"
    case tooFast = "too-fast"
    case tooEarly = "too-early"
    case tooLate = "too-late"
    case cancelled
    case finished
    case revoked
    case consentRequired = "consent-required"
    case noSuchAppointment = "no-such-appointment"
    case notAdmitted = "not-admitted"
    case otherPage = "other-page"
    case storageFailed = "storage-failed"

    /// What happened and what to do, for a client that has no sentence of its own.
    public var message: String {
        switch self {
        case .invalidEvent: "The server could not understand the request."
        case .tooFast: "That was too fast. Try again in a moment."
        case .tooEarly: "The waiting room of this appointment is not open yet."
        case .tooLate: "The time of this appointment is over."
        case .cancelled: "This appointment was cancelled."
        case .finished: "This appointment is over."
        case .revoked: "This link is no longer valid. Ask for a new one."
        case .consentRequired: "Your consent is needed before you can check in."
        case .noSuchAppointment: "There is no such appointment."
        case .notAdmitted: "The client of this appointment has not been let in."
        case .otherPage: "This client came with a page of the teleLegal course. Answer from one of its pages."
        case .storageFailed: "The server cannot reach its storage just now. Try again in a moment."
        }
    }
}
