// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import SDP

/// A description that is read is written so that it is read again as the same.
fuzz { bytes in
    if let description = try? SDPDescription(parsing: bytes) {
        let again = try? SDPDescription(parsing: description.formatted)
        promise(again == description, "a description survives a round trip")
    }
    if let fragment = try? SDPFragment(parsing: bytes) {
        promise((try? SDPFragment(parsing: Array(fragment.formatted.utf8))) == fragment, "a fragment does")
    }
}
