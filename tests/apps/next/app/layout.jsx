export const metadata = { title: "Tea by the sea", icons: "data:," };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <main>{children}</main>
      </body>
    </html>
  );
}
