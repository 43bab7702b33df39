"""Why a mistake was probably made: causes with their evidence, and what to do about them."""
