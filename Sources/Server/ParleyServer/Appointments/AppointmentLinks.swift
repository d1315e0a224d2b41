// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import EngineKit
internal import JSON
internal import JWT
internal import MeetingProtocol
internal import Storage
internal import TLS

/// Makes and checks the signed links of appointments.
///
/// A link names an appointment and the version of its links; the rest of its claims are for pages to show.
/// What counts is what is stored: the time, whether it was cancelled, whether its links were revoked.
struct AppointmentLinks: Sendable {
    /// How long past the appointment's end its link can still be read: the appointment may be moved by as much
    /// as a year ahead, and its client has no other link. Milliseconds.
    private static let readableAfter: Int64 = (Int64(Slots.horizonDays.upperBound) + 90) * 86_400_000
    /// How long a professional's own link to pages of the teleLegal dialect works. Milliseconds.
    private static let professionalLifetime: Int64 = 12 * 3_600_000

    private let key: JWTKey

    /// - Parameter secret: The server's own secret, 32 bytes.
    init(secret: [UInt8]) { key = JWTKey.derived(from: secret, purpose: "appointment links") }

    enum Bearer: Hashable, Sendable {
        case client(AppointmentID, linkVersion: Int64)
        case professional(AccountID)
    }

    /// The claims that the course teleLegal gave its clients' links, and the version.
    func token(for appointment: AppointmentRecord, with professional: String, now: Int64) -> String {
        key.sign([
            "professionalsFullName": .string(professional),
            "apptDate": .number(JSONNumber(appointment.startsAt)), "uuid": .string(appointment.id),
            "clientName": .string(appointment.clientName), "iat": .number(JSONNumber(now / 1000)),
            "exp": .number(JSONNumber((appointment.endsAt + Self.readableAfter) / 1000)),
            "v": .number(JSONNumber(Int64(appointment.linkVersion))),
        ])
    }

    /// The claims that the course teleLegal gave its professionals' links.
    func token(forProfessional account: AccountRecord, now: Int64) -> String {
        let name = account.displayName
        return key.sign([
            "fullName": .string(name), "proId": .string(account.id.text),
            "iat": .number(JSONNumber(now / 1000)),
            "exp": .number(JSONNumber((now + Self.professionalLifetime) / 1000)),
        ])
    }

    /// Who shows `token`, and all it claims.
    func bearer(of token: String, now: WallClock) throws(JWTError) -> (Bearer, claims: JSONObject) {
        let claims = try key.verify(token, now: now)
        if let id = claims["proId"]?.string.flatMap(AccountID.init) { return (.professional(id), claims) }
        guard let id = claims["uuid"]?.string, let version = claims["v"]?.integer else {
            throw .malformed("uuid")
        }
        return (.client(AppointmentID(id), linkVersion: version), claims)
    }
}

extension AccountRecord {
    /// Name and title as a client reads them.
    var displayName: String { name }
}
