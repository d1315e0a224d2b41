// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay

extension ProbeTests {
    static func isSilent(_ bytes: [UInt8]) -> Bool {
        let client = Client(Site())
        return client.ask(bytes) == nil && client.site.server.allocationCount == 0
    }

    static func binding(_ build: (inout STUNWriter) -> Void = { _ in }) -> [UInt8] {
        Client(Site()).bare(.binding, build)
    }

    /// Answers' bytes for each of the request's.
    static func amplification(_ request: [UInt8]) -> Double {
        let client = Client(Site())
        client.ask(request)
        return Double(client.site.sent.reduce(0) { $0 + $1.bytes.count }) / Double(request.count)
    }

    static let stunProbes: [Probe] = [
        Probe("S01 a Binding is answered with at most 1.6 times its bytes") {
            amplification(binding()) <= 1.6
        },
        Probe("S02 a Binding tells the address it came from") {
            let client = Client(Site(), from: "[2001:4860::9]:77")
            return client.ask(client.bare(.binding))?.mapped == SocketAddress("[2001:4860::9]:77")
        },
        Probe("S03 a message without magic cookie, as of RFC 3489") {
            var bytes = binding()
            bytes[4] ^= 1
            return isSilent(bytes)
        },
        Probe("S04 lengths that are not the datagram's, or no multiple of four") {
            [0, 1, 4, 8, 0xFFFC, 0xFFFF].filter { $0 != 0 }.allSatisfy { length in
                var bytes = binding()
                bytes[2] = UInt8(length >> 8)
                bytes[3] = UInt8(length & 255)
                return isSilent(bytes)
            } && isSilent(binding() + [0, 0, 0, 0])
        },
        Probe("S05 answers and indications get no answer") {
            let types: [STUNClass] = [.success, .error, .indication]
            return [STUNMethod.binding, .allocate, .refresh, .data, .channelBind].allSatisfy { method in
                types.allSatisfy { type in
                    isSilent(STUNWriter(method, type, id: STUNTransactionID(high: 1, low: 1)).finish())
                }
            }
        },
        Probe("S06 a wrong FINGERPRINT") {
            var writer = STUNWriter(.binding, .request, id: STUNTransactionID(high: 1, low: 1))
            writer.appendFingerprint()
            var bytes = writer.finish()
            bytes[bytes.count - 1] ^= 1
            return isSilent(bytes)
        },
        Probe("S07 a right FINGERPRINT is answered with one") {
            var writer = STUNWriter(.binding, .request, id: STUNTransactionID(high: 1, low: 1))
            writer.appendFingerprint()
            let client = Client(Site())
            guard let reply = client.ask(writer.finish()) else { return false }
            return Array(reply.bytes.suffix(8).prefix(4)) == [0x80, 0x28, 0, 4]
        },
        Probe("S08 unknown attributes that must be understood: 420, and a list of at most eight") {
            let client = Client(Site())
            let reply = client.ask(
                client.bare(.binding) {
                    for type in 0..<100 as Range<UInt16> {
                        $0.append(STUNAttributeType(rawValue: 0x7000 + type))
                    }
                })
            return reply?.error == 420 && reply?.unknown.count == 8
        },
        Probe("S09 CHANGE-REQUEST and RESPONSE-PORT send nothing elsewhere") {
            [STUNAttributeType.changeRequest, .responsePort].allSatisfy { type in
                let client = Client(Site())
                let reply = client.ask(client.bare(.binding) { $0.append(type, number: 6) })
                return reply?.error == 420 && client.site.sent.allSatisfy { $0.to == client.address }
            }
        },
        Probe("S10 unknown attributes that need not be understood") {
            let client = Client(Site())
            let type = STUNAttributeType(rawValue: 0xC057)
            return client.ask(client.bare(.binding) { $0.append(type, [1, 2, 3]) })?.messageClass == .success
        },
        Probe("S11 methods that nobody defined, and those of RFC 6062") {
            ([0, 2, 5, 0xA, 0xB, 0xC, 0xFFF] as [UInt16]).allSatisfy { number in
                let method = STUNMethod(rawValue: number)
                return isSilent(STUNWriter(method, .request, id: STUNTransactionID(high: 1, low: 1)).finish())
            }
        },
        Probe("S12 first bytes of DTLS, RTP, QUIC and nothing") {
            ([4, 15, 16, 19, 20, 22, 63, 80, 127, 128, 191, 192, 255] as [UInt8]).allSatisfy { first in
                isSilent([first] + [UInt8](repeating: 0, count: 40))
            } && isSilent([]) && isSilent([0]) && isSilent([0x40]) && isSilent([0x40, 0, 0])
        },
        Probe("S13 one source gets 60 answers and then ten a second, others go on") {
            let site = Site { $0.unauthenticatedRate = 10 }
            let client = Client(site)
            var answers = 0
            for _ in 0..<1_000 {
                if client.ask(client.bare(.binding)) != nil { answers += 1 }
                site.now = site.now.advanced(by: .milliseconds(10))
            }
            let other = Client(site, from: "192.0.2.77:1")
            return (155...165).contains(answers) && other.ask(other.bare(.binding)) != nil
                && site.server.counters[.rateLimited] == UInt64(1_000 - answers)
        },
        Probe("S14 a source that is limited may still use what it has") {
            let site = Site { $0.unauthenticatedRate = 1 }
            let client = Client(site)
            client.allocate()
            for _ in 0..<50 { client.ask(Client(site).bare(.allocate)) }
            return client.refresh()?.error == nil && client.ask(client.bare(.binding))?.mapped != nil
        },
        Probe("S15 attribute lengths that run over the end, up to the greatest") {
            [1, 2, 3, 5, 0x7FFF, 0xFFFC, 0xFFFF].allSatisfy { length in
                var bytes = binding { $0.append(.software, [1, 2, 3, 4]) }
                bytes[22] = UInt8(length >> 8)
                bytes[23] = UInt8(length & 255)
                let client = Client(Site())
                return length <= 4 || client.ask(bytes) == nil
            }
        },
        Probe("S16 100,000 sources leave nothing behind") {
            let site = Site { $0.unauthenticatedRate = 10 }
            let bytes = Client(site).bare(.allocate) { $0.append(.requestedTransport, firstByte: 17) }
            for index in 0..<100_000 as Range<UInt32> {
                let remote = SocketAddress(ip: IPAddress(v4: index << 8 | 1), port: 1)
                site.receive(bytes, from: ClientAddress(.udp, remote: remote))
                site.sent.removeAll(keepingCapacity: true)
            }
            return site.server.allocationCount == 0 && site.opened.isEmpty && site.server.deadline == nil
        },
        Probe(
            "S17 no answer to a stranger is more than 2.3 times as long as what was asked"
        ) {
            let allocate = Client(Site()).bare(.allocate) { $0.append(.requestedTransport, firstByte: 17) }
            let padded = (0..<200).map { count in
                Client(Site()).bare(.allocate) { $0.append(.software, [UInt8](repeating: 65, count: count)) }
            }
            return ([allocate, Client(Site()).bare(.allocate), Client(Site()).bare(.refresh)] + padded)
                .allSatisfy { amplification($0) <= 2.3 }
        },
    ]
}
