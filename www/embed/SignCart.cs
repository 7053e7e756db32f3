// Signs a cart for Kvitt, in .NET 8 or later (the shell command needs 10), without packages. The result is the attribute `cart` of
// <kvitt-checkout>, or the field `signed_cart` of a plain form. The secret stays on the server.
//
// From a shell: CART_KEY=2026-11 CART_SECRET=… CART_AUDIENCE=https://pay.shop.example dotnet run SignCart.cs < cart.json

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

string Env(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set");

var cart = JsonNode.Parse(Console.In.ReadToEnd())!;
Console.WriteLine(Carts.Sign(cart, Env("CART_KEY"), Env("CART_SECRET"), Env("CART_AUDIENCE"), TimeSpan.FromHours(1)));

static class Carts
{
    /// <param name="cart">Lines and total, in minor units.</param>
    /// <param name="kid">The key's name in the proxy's configuration.</param>
    /// <param name="secret">Its secret.</param>
    /// <param name="audience">The proxy's public_url.</param>
    /// <param name="life">How long the cart is valid.</param>
    public static string Sign(JsonNode cart, string kid, string secret, string audience, TimeSpan life)
    {
        var now = DateTimeOffset.UtcNow;
        var header = Part(new JsonObject { ["alg"] = "HS256", ["typ"] = "kvitt-cart+jwt", ["kid"] = kid });
        var payload = Part(new JsonObject
        {
            ["aud"] = audience,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + life).ToUnixTimeSeconds(),
            ["cart"] = cart.DeepClone(),
        });
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes($"{header}.{payload}"));
        return $"{header}.{payload}.{Base64Url(signature)}";
    }

    static string Part(JsonObject value) => Base64Url(Encoding.UTF8.GetBytes(value.ToJsonString()));

    static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
