// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import HTTP
internal import NetworkAddresses
internal import WebServer

/// Says who may begin a session on one loop, keeps sessions to their rates, and counts refusals.
final class SessionAdmission {
    let limits: SessionLimits
    private let handshakesOfAddress: TokenRate?
    private let messagesOfSession: TokenRate?
    private let messagesOfAddress: TokenRate?
    private var handshakes: TokenBucket?
    private var shares: [AddressShare.Key: AddressShare] = [:]
    /// Forgetting is put off until there are twice as many as were left the last time.
    private var forgetAt = minForget
    private(set) var sessionCount = 0
    /// Clients about whom somebody has yet to decide.
    private(set) var waiting = 0
    var isStopping = false
    private(set) var refusals: [SocketRefusal: Int] = [:]

    private static let minForget = 1024
    /// Beyond this nobody new is taken in until others have gone, so that memory is bounded.
    private static let maxShares = 200_000

    init(_ limits: SessionLimits) {
        self.limits = limits
        handshakesOfAddress = TokenRate(limits.handshakesOfAddress)
        messagesOfSession = TokenRate(limits.messagesOfSession)
        messagesOfAddress = TokenRate(limits.messagesOfAddress)
        if let rate = limits.handshakes {
            handshakes = TokenBucket(burst: rate.burst, perSecond: rate.perSecond)
        }
    }

    func count(_ refusal: SocketRefusal) { refusals[refusal, default: 0] += 1 }

    // MARK: Sessions

    /// Decides whether a client may begin a session now.
    func admit(_ client: SocketClient, at now: Instant) throws(SocketRefusal) -> SessionAllowance {
        do throws(SocketRefusal) {
            guard !isStopping else { throw .stopping }
            guard sessionCount < limits.maxSessions else { throw .full }
            // The address first: one that has used up its own share takes nothing from the others'.
            let share = try share(of: client, at: now)
            guard waiting < limits.maxWaiting, handshakes?.take(at: now) ?? true else { throw .storm }
            return SessionAllowance(share)
        } catch {
            count(error)
            throw error
        }
    }

    /// - Returns: `nil` for those who are exempt.
    private func share(of client: SocketClient, at now: Instant) throws(SocketRefusal) -> AddressShare? {
        guard !client.isTrusted || !limits.exemptsLoopback else { return nil }
        let share = try share(of: AddressShare.Key(client.address), at: now)
        guard share.sessions < limits.maxSessionsOfAddress ?? .max else { throw .addressSessions }
        if let rate = handshakesOfAddress, !share.handshakes.take(of: rate, at: now) {
            throw .addressHandshakes
        }
        return share
    }

    private func share(
        of key: AddressShare.Key, at now: Instant
    ) throws(SocketRefusal) -> AddressShare {
        if let known = shares[key] { return known }
        if shares.count >= forgetAt {
            shares = shares.filter { !$0.value.isUnused(at: now) }
            forgetAt = max(Self.minForget, shares.count * 2)
        }
        guard shares.count < Self.maxShares else { throw .storm }
        let share = AddressShare()
        shares[key] = share
        return share
    }

    func entered(_ allowance: SessionAllowance) {
        sessionCount += 1
        allowance.share?.sessions += 1
    }

    /// So many more clients of a session are asked about, or fewer.
    func waits(_ change: Int, _ allowance: SessionAllowance) {
        waiting += change
        allowance.share?.waiting += change
    }

    /// Whether one more of the session's address may be asked about.
    func mayWait(_ allowance: SessionAllowance) -> Bool {
        guard let share = allowance.share, let limit = limits.maxWaitingOfAddress else { return true }
        return share.waiting < limit
    }

    func left(_ allowance: SessionAllowance) {
        sessionCount -= 1
        allowance.share?.sessions -= 1
    }

    // MARK: Messages

    /// Takes one message of a session; why not, if it is one too many.
    func refusal(of allowance: inout SessionAllowance, at now: Instant) -> SocketRefusal? {
        guard let share = allowance.share else { return nil }
        if let rate = messagesOfSession, !allowance.messages.take(of: rate, at: now) {
            return .sessionMessages
        }
        if let rate = messagesOfAddress, !share.messages.take(of: rate, at: now) { return .addressMessages }
        return nil
    }

    // MARK: Answers

    /// What a client that may come again later is told.
    func response(to refusal: SocketRefusal) -> HTTPResponse {
        var response = HTTPResponse(
            refusal.isOfAddress ? .tooManyRequests : .serviceUnavailable, text: refusal.sentence + "\n")
        response.headers.set("Retry-After", String(max(1, limits.retryAfter.components.seconds)))
        return response
    }
}

/// What one session may still do.
struct SessionAllowance {
    /// `nil` for those who are exempt.
    let share: AddressShare?
    fileprivate(set) var messages = TokenLevel()

    fileprivate init(_ share: AddressShare?) { self.share = share }
}

/// What the sessions of one address have in common.
final class AddressShare {
    /// An IPv4 address, an IPv6 network of 64 bits, or whatever else a proxy says.
    struct Key: Hashable {
        private let network: AddressRange?
        private let text: String

        init(_ address: String) {
            network = IPAddress(address).map { AddressRange($0, prefix: $0.isIPv4 ? 32 : 64) }
            text = network == nil ? String(address.prefix(64)) : ""
        }
    }

    fileprivate var sessions = 0
    fileprivate var waiting = 0
    fileprivate var handshakes = TokenLevel()
    fileprivate var messages = TokenLevel()

    /// Whether it is as good as a new one.
    fileprivate func isUnused(at now: Instant) -> Bool {
        sessions == 0 && handshakes.isFull(at: now) && messages.isFull(at: now)
    }
}

extension TokenRate {
    fileprivate init?(_ rate: SessionLimits.Rate?) {
        guard let rate else { return nil }
        self.init(burst: rate.burst, perSecond: rate.perSecond)
    }
}
