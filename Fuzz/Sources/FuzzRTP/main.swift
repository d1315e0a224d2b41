// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import RTP

/// The input is a packet of the media port, decrypted, and a payload of every codec.
fuzz { bytes in
    unsafe bytes.withUnsafeBytes { bytes in
        switch unsafe RTPPacketKind(bytes) {
        case .rtp: unsafe examineMedia(bytes)
        case .rtcp: unsafe examineControl(bytes)
        case nil: break
        }
        unsafe examinePayload(bytes)
        unsafe examineDescriptors(bytes)
    }
}
