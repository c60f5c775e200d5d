"""run: a torch script or notebook of one's own under torch and under numpynet, and what it prints compared.

Each library runs the untouched file in a process of its own (`child`), numpynet's with the imports of torch redirected
(`redirection`); what is printed is noted with the line that printed it (`output`) and compared (`comparison`).
"""
