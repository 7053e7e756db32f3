//! How many streams may be open at the same time: those of pages in all and from one address, and those of the shop's own machines and desks
//! in a pool apart, so that no visitor can take their place.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::Limits;

/// The open streams.
#[derive(Debug)]
pub struct Streams {
    /// Those of pages, by the client's network.
    pub pages: Pool<IpAddr>,
    /// Those of the shop, by the key's prefix.
    pub shop: Pool<String>,
}

impl Streams {
    /// With none open.
    pub fn new(limits: &Limits) -> Self {
        Self {
            pages: Pool::new(limits.streams, limits.streams_per_address),
            shop: Pool::new(limits.shop_streams, limits.shop_streams),
        }
    }
}

/// Places for streams, some of which one owner may have.
#[derive(Debug)]
pub struct Pool<K> {
    most: usize,
    most_of_one: usize,
    taken: Arc<Mutex<Taken<K>>>,
}

/// The places that are taken.
#[derive(Debug)]
struct Taken<K> {
    of: HashMap<K, usize>,
    /// Of all owners.
    all: usize,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// All places are taken.
    All,
    /// The owner has as many as it may have.
    Own,
}

impl<K: Clone + Eq + Hash> Pool<K> {
    fn new(most: usize, most_of_one: usize) -> Self {
        let taken = Taken { of: HashMap::new(), all: 0 };
        Self { most, most_of_one, taken: Arc::new(Mutex::new(taken)) }
    }

    /// Takes a place, which is free again when it is dropped.
    ///
    /// # Errors
    /// [`Full`].
    pub fn take(&self, owner: &K) -> Result<Place<K>, Full> {
        let mut taken = lock(&self.taken);
        if taken.of.get(owner).is_some_and(|own| *own >= self.most_of_one) {
            return Err(Full::Own);
        }
        if taken.all >= self.most {
            return Err(Full::All);
        }
        taken.all += 1;
        *taken.of.entry(owner.clone()).or_default() += 1;
        Ok(Place { owner: owner.clone(), taken: self.taken.clone() })
    }
}

/// The place of an open stream.
#[derive(Debug)]
pub struct Place<K: Eq + Hash> {
    owner: K,
    taken: Arc<Mutex<Taken<K>>>,
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.all -= 1;
        if let Some(own) = taken.of.get_mut(&self.owner) {
            *own -= 1;
            if *own == 0 {
                taken.of.remove(&self.owner);
            }
        }
    }
}

fn lock<K>(taken: &Mutex<Taken<K>>) -> MutexGuard<'_, Taken<K>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_in_all_and_for_one_and_free_again_when_dropped() {
        let pool = Pool::new(3, 2);
        let first = pool.take(&"one").unwrap();
        let second = pool.take(&"one").unwrap();
        assert_eq!(pool.take(&"one").unwrap_err(), Full::Own);
        let third = pool.take(&"two").unwrap();
        assert_eq!(pool.take(&"three").unwrap_err(), Full::All);
        drop(first);
        let fourth = pool.take(&"three").unwrap();
        drop((second, third, fourth));
        let taken = lock(&pool.taken);
        assert!(taken.of.is_empty() && taken.all == 0);
    }
}
