// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import JWT
internal import MeetingProtocol
internal import SocketIO
internal import Storage
internal import Synchronization

/// Finds out who stands at the door of the namespace `/appointments`.
final class AppointmentGuests: Sendable {
    private let services: Services
    /// Those who were let in and have not gone through yet, oldest first. Some never do: their connection is
    /// lost in between, and nobody says so.
    private let admitted = Mutex<[(socket: String, guest: AppointmentClient.Guest)]>([])
    private static let maxAdmitted = 1000

    init(_ services: Services) { self.services = services }

    func admit(_ socket: Socket) async throws {
        let guest = try await guest(of: socket)
        admitted.withLock { admitted in
            admitted.append((socket.id, guest))
            if admitted.count > Self.maxAdmitted { admitted.removeFirst() }
        }
    }

    func take(_ socket: Socket) -> AppointmentClient.Guest? {
        admitted.withLock { admitted in
            guard let place = admitted.firstIndex(where: { $0.socket == socket.id }) else { return nil }
            return admitted.remove(at: place).guest
        }
    }

    private func guest(of socket: Socket) async throws -> AppointmentClient.Guest {
        guard let token = socket.handshake.auth["token"]?.string else {
            return .professional(try await professional(of: socket))
        }
        let bearer: AppointmentLinks.Bearer
        do throws(JWTError) {
            bearer = try services.links.bearer(of: token, now: .system()).0
        } catch {
            throw error == .expired ? Self.expired : Self.invalid
        }
        guard case .client(let id, let version) = bearer else { throw Self.invalid }
        guard let appointment = try await appointment(id) else { throw Self.unknown }
        return .client(appointment, linkVersion: version)
    }

    private func appointment(_ id: AppointmentID) async throws -> AppointmentRecord? {
        let result = await withCheckedContinuation { done in
            services.store.appointment(id.rawValue) { done.resume(returning: $0) }
        }
        return try Self.found(result)
    }

    private func professional(of socket: Socket) async throws -> AccountID {
        // A page of another site would come with the cookie of somebody who knows nothing of it.
        guard !socket.handshake.isCrossOrigin else { throw Self.notSignedIn }
        var headers = HTTPHeaders()
        for name in SocketServerOptions.credentialHeaders {
            if let value = socket.handshake.headers[name] { headers.set(name, value) }
        }
        let result = await withCheckedContinuation { done in
            services.credentials.find(headers, isHostLink: false) { done.resume(returning: $0) }
        }
        switch result {
        case .success(let identity):
            guard let user = identity.user else { throw Self.notSignedIn }
            guard identity.isProfessional else { throw Self.notAllowed }
            return user.id
        case .failure(let problem) where problem.status == .unauthorized: throw Self.notSignedIn
        case .failure: throw Self.unavailable
        }
    }

    private static func found<Value>(_ result: Result<Value, StorageError>) throws -> Value {
        guard case .success(let value) = result else { throw unavailable }
        return value
    }

    // MARK: Refusals

    private static func refusal(_ code: String, _ message: String) -> ConnectRefusal {
        ConnectRefusal(code, data: ["message": .string(message)])
    }

    static let expired = refusal("link-expired", "This link has expired.")
    static let invalid = refusal("invalid-link", "This link is not valid. Check that it is complete.")
    static let unknown = refusal("no-such-appointment", "There is no such appointment any more.")
    static let notSignedIn = refusal("not-signed-in", "Sign in first.")
    static let notAllowed = refusal("not-allowed", "Your account has no appointments.")
    static let unavailable = refusal("unavailable", "The server cannot reach its storage just now.")
}
