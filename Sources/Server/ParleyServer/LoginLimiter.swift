// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import Synchronization

/// How often passwords may be tried: by one address, and for one account. A right password costs nothing.
///
/// An account's limit can be used up by a stranger, who then keeps its owner from logging in anew, though
/// not from a session they have; the alternative is to let strangers go on guessing.
final class LoginLimiter: Sendable {
    /// More people behind one address than accounts under attack, but each guess fills both.
    static let perAddress = TokenRate(burst: 30, every: 2)
    static let perAccount = TokenRate(burst: 10, every: 20)
    private static let maxKeys = 10_000

    private struct State {
        var addresses: [String: TokenLevel] = [:]
        var accounts: [String: TokenLevel] = [:]
    }

    private let state = Mutex(State())

    /// Takes a try of the address and of the account, whether or not there is such an account; false when
    /// either has none left.
    func allows(_ address: String, _ email: String, at now: Instant) -> Bool {
        let email = email.lowercased()
        return state.withLock { state in
            Self.makeRoom(in: &state.addresses, for: address, at: now)
            Self.makeRoom(in: &state.accounts, for: email, at: now)
            guard state.addresses[address, default: TokenLevel()].take(of: Self.perAddress, at: now) else {
                return false
            }
            return state.accounts[email, default: TokenLevel()].take(of: Self.perAccount, at: now)
        }
    }

    /// The try was right: the address gets it back, and the account is as before all wrong ones.
    func succeeded(_ address: String, _ email: String) {
        state.withLock { state in
            if var level = state.addresses[address] {
                level.giveBack(of: Self.perAddress)
                state.addresses[address] = level
            }
            state.accounts[email.lowercased()] = nil
        }
    }

    /// Forgets who has all tries back; if that frees nothing, everybody, rather than memory growing.
    private static func makeRoom(in levels: inout [String: TokenLevel], for key: String, at now: Instant) {
        guard levels[key] == nil, levels.count >= maxKeys else { return }
        levels = levels.filter { !$0.value.isFull(at: now) }
        if levels.count >= maxKeys { levels = [:] }
    }
}
