//! A free address for a server that starts later, or more than once.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// An address that nobody else gets, whether its server runs or not. Nobody is connected while none does.
pub(crate) struct HeldAddress {
    address: SocketAddr,
    /// Bound and never listening. Linux lets a server bind beside it and gives the port to nobody who asks for a free one; other systems
    /// would refuse the server too, so there it is not held.
    _socket: Option<TcpSocket>,
}

impl HeldAddress {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = socket.local_addr().unwrap();
        Self { address, _socket: cfg!(target_os = "linux").then_some(socket) }
    }
}

impl std::fmt::Display for HeldAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.address.fmt(f)
    }
}
