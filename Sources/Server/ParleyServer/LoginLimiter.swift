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

    private struct State {
        var addresses = TokenLevels<AddressKey>(LoginLimiter.perAddress)
        var accounts = TokenLevels<String>(LoginLimiter.perAccount)
    }

    private let state = Mutex(State())

    /// Takes a try of the address and of the account, whether or not there is such an account; false when
    /// either has none left. An address that has none takes none of an account.
    func allows(_ address: String, _ email: String, at now: Instant) -> Bool {
        let (address, email) = (AddressKey(address), email.lowercased())
        return state.withLock { state in
            state.addresses.take(address, at: now) && state.accounts.take(email, at: now)
        }
    }

    /// The try was right: the address gets it back, and the account is as before all wrong ones.
    func succeeded(_ address: String, _ email: String) {
        state.withLock { state in
            state.addresses.giveBack(AddressKey(address))
            state.accounts.forget(email.lowercased())
        }
    }
}
