// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import NetworkAddresses

/// The input is text. What is read from it is written so that it is read again as the same.
fuzz { bytes in
    if let address = IPAddress(text: bytes) {
        promise(IPAddress(address.description) == address, "an address is read as it was written")
        promise(IPAddress(bytes: address.bytes) == address, "and from its bytes")
        promise(address.unmapped == address, "text is never a mapped address")
        promise(address.canonical.canonical == address.canonical, "there is one address inside at most")
    }
    if let address = SocketAddress(text: bytes) {
        promise(SocketAddress(address.description) == address, "a socket's address is read as it was written")
    }
    guard let text = String(validating: bytes, as: UTF8.self), let range = AddressRange(text) else { return }
    promise(AddressRange(range.description) == range, "a range is read as it was written")
    promise(range.contains(range.address), "a range contains its first address")
}
