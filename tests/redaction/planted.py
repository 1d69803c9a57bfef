"""Secrets to plant, one of each sort. Put together here, so that no scanner takes this file for a leak."""

from __future__ import annotations

JWT = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiI0MiJ9", "dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
PEM = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq98\nzZ1+/Qk=\n-----END RSA " + "PRIVATE KEY-----"

BY_LOOKS: dict[str, tuple[str, str]] = {
    "jwt": ("jwt", JWT),
    "unsigned jwt": ("jwt", "eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9."),
    "private key": ("privatekey", PEM),
    "github": ("github", "ghp" + "_16C7e42F292c6912E7710c838347Ae178B4a"),
    "github fine-grained": ("github", "github" + "_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz"),
    "gitlab": ("gitlab", "glpat" + "-Zy8w7v6u5t4s3r2q1p0o"),
    "aws key id": ("aws", "AKIA" + "IOSFODNN7EXAMPLE"),
    "aws session key id": ("aws", "ASIA" + "IOSFODNN7EXAMPLE"),
    "stripe": ("stripe", "sk" + "_live_4eC39HqLyjWDarjtT1zdp7dc"),
    "stripe restricted": ("stripe", "rk" + "_test_4eC39HqLyjWDarjtT1zdp7dc"),
    "stripe webhook": ("stripe", "whsec" + "_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH"),
    "slack": ("slack", "xox" + "b-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy"),
    "slack hook": ("slack", "hooks.slack" + ".com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"),
    "google": ("google", "AIza" + "SyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe"),
    "google oauth": ("google", "ya29" + ".a0AfH6SMBx3kQ7yJ9vT2"),
    "openai": ("openai", "sk" + "-proj-4f5g6h7j8k9l0AbCdEfGhIjKlMn"),
    "npm": ("npm", "npm" + "_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
    "pypi": ("pypi", "pypi" + "-AgEIcHlwaS5vcmcCJDc1YzY3NzE4LTQ5OTYtNGI1Mi1iZmY4"),
    "sendgrid": ("sendgrid", "SG" + ".ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc"),
    "hugging face": ("huggingface", "hf" + "_AbCdEfGhIjKlMnOpQrStUvWxYz01234567"),
    "visa": ("card", "4111111111111111"),
    "visa in groups": ("card", "4242 4242 4242 4242"),
    "mastercard": ("card", "5555-5555-5555-4444"),
    "mastercard 2-series": ("card", "2223003122003222"),
    "american express": ("card", "378282246310005"),
    "american express in groups": ("card", "3714 496353 98431"),
    "diners club": ("card", "30569309025904"),
    "e-mail": ("email", "ada.lovelace+test@engines.co.uk"),
}
"""What it is -> (kind, secret): recognised wherever they stand."""

HARMLESS = (
    "token_count: 5",
    "monkey",
    "the password policy is strong",
    "123e4567-e89b-12d3-a456-426614174000",
    "41111111-1111-1111-1111-111111111111",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "2024-01-01T12:34:56.789012+00:00",
    "1700000000000",
    "1700000000000000000",
    "+49 30 901820 1234",
    "4111111111111112",
    "0.4111111111111111",
    "4111111111111111.5",
    "41111111111111110",
    "order-4111111111111111",
    "git@github.com:timetracer/timetracer.git",
    "icon@2x.png",
    "lodash@4.17.21",
    "@scope/package@1.0.0-rc",
    "bearer authentication is used",
    "risk-analysis-of-the-whole-department",
    "task-0123456789012345678901234567890",
    "https://user@example",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "eyJ is how many JWTs begin",
    'W/"0815-4711"',
    "max-age=0, must-revalidate",
    "multipart/form-data; boundary=4111111111111111abc",
)
"""What must survive, though it resembles one."""
