// SPDX-License-Identifier: Apache-2.0
public import MediaPlans
public import SDP

extension ServerNegotiation {
    /// What the body of a PATCH asked for. RFC 9725 §4.3.
    public enum Patched: Hashable, Sendable {
        /// Candidates of the other end. We learn its addresses from its checks, so there is nothing to do.
        case candidates
        /// ICE begins anew: the answer to the PATCH, and the connection with new credentials on both ends.
        case restart(SDPFragment, ConnectionPlan)
    }

    /// Takes a fragment of a later offer. RFC 8840 §9.
    ///
    /// - Parameter fresh: Our credentials from now on, if the fragment restarts ICE; else they are not used.
    public mutating func patch(
        _ fragment: SDPFragment, fresh: LocalCredentials
    ) throws(NegotiationError) -> Patched {
        guard var connection else { throw .noConnection }
        var found = TransportAttributes(fragment.attributes)
        for media in fragment.media where found.ufrag == nil || found.password == nil {
            let own = TransportAttributes(media.attributes)
            guard own.ufrag != nil, own.password != nil else { continue }
            found = own
        }
        // Without credentials the candidates are for the connection as it is.
        guard let ufrag = found.ufrag, let password = found.password else {
            guard found.ufrag == nil, found.password == nil else { throw .otherGeneration }
            return .candidates
        }
        let isSame = (ufrag == connection.remoteUfrag, password == connection.remotePassword)
        guard isSame.0 == isSame.1 else { throw .otherGeneration }
        guard !isSame.0 else { return .candidates }
        connection.remoteUfrag = ufrag
        connection.remotePassword = password
        connection.localUfrag = fresh.ufrag
        connection.localPassword = fresh.password
        self.connection = connection
        var answer = SDPFragment(attributes: [.iceLite])
        if let media = fragment.media.first {
            answer.media = [section(for: media, connection)]
        } else {
            answer.attributes += credentials(connection)
        }
        return .restart(answer, connection)
    }

    private func section(for media: SDPMedia, _ connection: ConnectionPlan) -> SDPMedia {
        var answer = SDPMedia(kind: media.kind, port: 9, transport: media.transport, formats: media.formats)
        for attribute in media.attributes {
            guard case .mid = attribute else { continue }
            answer.attributes.append(attribute)
        }
        answer.attributes += credentials(connection)
        return answer
    }

    private func credentials(_ connection: ConnectionPlan) -> [SDPAttribute] {
        [.iceUfrag(connection.localUfrag), .icePassword(connection.localPassword)]
            + endpoint.candidates.map(SDPAttribute.candidate) + [.endOfCandidates]
    }
}
