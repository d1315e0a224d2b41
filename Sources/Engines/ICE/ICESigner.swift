// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses
internal import STUN

/// Checks and answers with one password: short-term credentials. RFC 8489 §9.1.
struct ICESigner<Digests: STUNDigests> {
    /// The kind of code that the request has; the answer has the same. RFC 8489 §9.1.3.
    private let integrity: STUNIntegrity
    private let password: [UInt8]
    private let digests: Digests

    init(_ request: STUNMessage, _ password: [UInt8], _ digests: Digests) {
        integrity = request.hasIntegrity(.sha1) ? .sha1 : .sha256
        self.password = password
        self.digests = digests
    }

    func isIntact(_ request: STUNMessage) -> Bool {
        request.isIntact(integrity, key: password, digests)
    }

    /// - Parameter address: Where the request came from.
    func accept(
        _ request: STUNMessage, seenAt address: SocketAddress, into answer: inout [UInt8]
    ) {
        var writer = begin(request, .success, &answer)
        writer.append(.xorMappedAddress, address)
        answer = finish(writer)
    }

    func refuse(_ request: STUNMessage, _ code: STUNErrorCode, into answer: inout [UInt8]) {
        var writer = begin(request, .error, &answer)
        writer.append(code)
        if code == .unknownAttribute {
            writer.append(unknown: request.unknownRequired(besides: ICELite.known, limit: 2))
        }
        answer = finish(writer)
    }

    private func begin(
        _ request: STUNMessage, _ messageClass: STUNClass, _ answer: inout [UInt8]
    ) -> STUNWriter {
        var memory: [UInt8] = []
        swap(&memory, &answer)
        return STUNWriter(answering: request.header, messageClass, into: memory)
    }

    private func finish(_ writer: consuming STUNWriter) -> [UInt8] {
        var writer = writer
        writer.append(integrity, key: password, digests)
        writer.appendFingerprint()
        return writer.finish()
    }
}
