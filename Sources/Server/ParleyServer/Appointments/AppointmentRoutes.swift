// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import Storage

/// All routes of appointments.
enum AppointmentRoutes {
    static let all = BookingRoutes.all + LinkRoutes.all + OfficeRoutes.all + ClientRoutes.all
}

extension APICall {
    /// Who asks, on a route that only lets professionals in.
    func professional() throws(APIProblem) -> AccountRecord {
        guard let user = identity.user else { throw .notSignedIn }
        return user
    }
}
