// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import SRTP

/// The first byte chooses a profile. Then come steps of three bytes: what is done, and two bytes that say how.
fuzz { input in
    guard input.count > 1 else { return }
    let profile = SRTPProfile.allCases[Int(input[0]) % SRTPProfile.allCases.count]
    guard var network = try? Network(profile) else { fatalError("keys of toys need nothing") }
    var rest = input.dropFirst()
    while rest.count >= 3 {
        let (step, first, second) = (
            rest[rest.startIndex], rest[rest.startIndex + 1], rest[rest.startIndex + 2]
        )
        rest = rest.dropFirst(3)
        switch step % 6 {
        case 0: network.send(source: first % 8, ahead: Int(second))
        case 1: network.send(source: first % 8, ahead: Int(first) << 8 | Int(second))
        case 2: network.deliver(Int(first) << 8 | Int(second))
        case 3: network.damage(Int(first), bit: Int(second))
        case 4: network.report(source: first % 8, count: 8 + Int(second))
        default:
            network.deliver(Array(rest.prefix(Int(second))), headerCount: Int(first))
            rest = rest.dropFirst(Int(second))
        }
    }
}
