// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import EngineKit
internal import EventLoops
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

    /// Lets the pages of a professional's appointments know that the account has changed.
    func tellPractice(of account: AccountRecord) {
        let shards = shard.shards
        guard account.disabledAt == nil, account.role >= .professional else {
            return shards.tell(account.id, .closed)
        }
        shards.tell(account.id, .renamed(account.name, title: account.title))
        shards.tell(account.id, .spans(services.zones.spans(of: account.zone, around: now)))
    }
}
