<?php
/**
 * Signs a cart for Kvitt, in PHP 8.0 or later, without packages. The result is the attribute `cart` of <kvitt-checkout>, or the
 * field `signed_cart` of a plain form. The secret stays on the server.
 *
 * From a shell: CART_KEY=2026-11 CART_SECRET=… CART_AUDIENCE=https://pay.shop.example php sign-cart.php < cart.json
 */
declare(strict_types=1);

/**
 * @param array  $cart     lines and total, in minor units (int, not float)
 * @param string $kid      the key's name in the proxy's configuration
 * @param string $secret   its secret
 * @param string $audience the proxy's public_url
 * @param int    $life     how many seconds the cart is valid
 */
function sign_cart(array $cart, string $kid, string $secret, string $audience, int $life = 3600): string
{
    $base64url = fn (string $bytes): string => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    $part = fn (array $value): string => $base64url(json_encode($value, JSON_THROW_ON_ERROR));
    $now = time();
    $header = $part(['alg' => 'HS256', 'typ' => 'kvitt-cart+jwt', 'kid' => $kid]);
    $payload = $part(['aud' => $audience, 'iat' => $now, 'exp' => $now + $life, 'cart' => $cart]);
    $signature = hash_hmac('sha256', "$header.$payload", $secret, true);
    return "$header.$payload." . $base64url($signature);
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    $cart = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
    echo sign_cart($cart, getenv('CART_KEY'), getenv('CART_SECRET'), getenv('CART_AUDIENCE')), "\n";
}
