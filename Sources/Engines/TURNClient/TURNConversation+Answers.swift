// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses
internal import STUN

extension TURNConversation {
    /// Takes one message or the data of one. What nobody has asked for is dropped.
    mutating func receiveFrame(_ bytes: [UInt8], at now: Instant) {
        guard let first = bytes.first else { return }
        switch FirstByte(first) {
        case .channel:
            guard let channel = unsafe bytes.withUnsafeBytes({ unsafe ChannelData($0) }),
                let peer = state.channels.first(where: { $0.number == channel.number })?.peer
            else { return }
            emit(.received(Array(bytes[channel.payload]), from: peer))
        case .stun:
            if let data = unsafe bytes.withUnsafeBytes({
                unsafe RelayIndication($0, type: RelayIndication.data)
            }) {
                guard state.allocation != nil else { return }
                return emit(.received(Array(bytes[data.payload]), from: data.peer))
            }
            unsafe bytes.withUnsafeBytes { bytes in
                guard let message = try? unsafe STUNMessage(bytes) else { return }
                receive(message, at: now)
            }
        case .zrtp, .dtls, .rtp, .quic, .other: return
        }
    }

    private mutating func receive(_ message: STUNMessage, at now: Instant) {
        guard message.messageClass == .success || message.messageClass == .error, message.isFingerprintRight,
            message.malformed == nil,
            let index = state.transactions.firstIndex(where: { $0.id == message.transactionID }),
            isTrustworthy(message, for: state.transactions[index])
        else { return }
        let transaction = state.transactions.remove(at: index)
        if message.messageClass == .success {
            succeed(transaction, message, at: now)
        } else {
            refuse(transaction, message, at: now)
        }
    }

    /// Answers to signed questions are signed, but for those that say why the signature was not good enough.
    /// RFC 8489 §9.2.5.
    private func isTrustworthy(_ message: STUNMessage, for transaction: ClientState.Transaction) -> Bool {
        guard transaction.isSigned, let challenge = state.challenge else { return true }
        if message.messageClass == .error, !message.hasIntegrity(challenge.integrity) {
            switch message.errorCode {
            case .unauthenticated?, .staleNonce?, .badRequest?, .tryAlternate?: return true
            default: break
            }
        }
        return message.isIntact(challenge.integrity, key: challenge.key, digests)
    }

    private mutating func refuse(
        _ transaction: ClientState.Transaction, _ message: STUNMessage, at now: Instant
    ) {
        guard let code = message.errorCode else { return fail(transaction, .incomplete) }
        switch code {
        case .unauthenticated where !transaction.isSigned, .staleNonce:
            if answerChallenge(message, transaction, at: now) { return }
        case .tryAlternate:
            if let server = message.address(.alternateServer) {
                return fail(transaction, .redirected(server))
            }
        default: break
        }
        fail(transaction, .refused(code))
    }

    private mutating func succeed(
        _ transaction: ClientState.Transaction, _ message: STUNMessage, at now: Instant
    ) {
        switch transaction.request {
        case .discover:
            guard let address = message.address(.xorMappedAddress) ?? message.address(.mappedAddress) else {
                return fail(transaction, .incomplete)
            }
            emit(.discovered(address))
        case .allocate:
            guard let relayed = message.address(.xorRelayedAddress),
                let mapped = message.address(.xorMappedAddress), let lifetime = message.number(.lifetime)
            else { return fail(transaction, .incomplete) }
            let allocation = TURNAllocation(relayed: relayed, mapped: mapped, lifetime: lifetime)
            state.allocation = allocation
            keepAllocation(lifetime: lifetime, at: now)
            emit(.allocated(allocation))
        case .refresh:
            guard let lifetime = message.number(.lifetime) else { return fail(transaction, .incomplete) }
            state.allocation?.lifetime = lifetime
            keepAllocation(lifetime: lifetime, at: now)
        case .permit(let peers):
            for peer in peers where !state.permissions.contains(peer) { state.permissions.append(peer) }
            keepPermissions(at: now)
            if !transaction.isRenewal { emit(.permitted(peers)) }
        case .bindChannel(let peer):
            if !state.channels.contains(where: { $0.peer == peer }) {
                state.channels.append(ClientState.Channel(peer: peer, number: transaction.channel))
            }
            keepPermissions(at: now)
            if !transaction.isRenewal { emit(.bound(peer, channel: transaction.channel)) }
        case .release:
            state = ClientState()
            emit(.released)
        }
    }
}
